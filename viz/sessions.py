"""评审会: the list of meetings, and one meeting with its agenda, its batch and its conclusions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import ClassVar
from urllib.parse import quote

from graph.review.account import Judged, MeetingAnswer
from graph.review.batch import RESOURCES, Row, Use
from graph.review.meeting import SEALED, STATES, Recusal
from viz.contexts import Choice, Frame
from viz.review_effect import EffectView, effect_view
from viz.review_words import recusal_text
from viz.session_batch import BatchPair
from viz.table import Cell, Column, Table
from viz.words import word

__all__ = [
    "AgendaRow",
    "CallForm",
    "Reader",
    "SessionPage",
    "SessionRow",
    "SessionsPage",
]

_DIGITS = {"land_mu": 1, "floor_sqm": 0}


@dataclass(frozen=True)
class Reader:
    """Who reads: `member` of the panel ("" = nobody of it), and for whom a single user may speak.

    `runs` = takes the meeting's steps, `chairs` = decides.
    """

    member: str = ""
    seat: str = ""
    runs: bool = False
    chairs: bool = False
    choices: Sequence[Choice] = ()

    @property
    def judges(self) -> bool:
        """Whether projects are assigned to this reader."""
        return self.seat in ("expert", "department")

    @property
    def bare(self) -> bool:
        """Whether this is neither of the panel nor running the meeting."""
        return not self.member and not self.runs


@dataclass(frozen=True)
class SessionRow:
    """A meeting as the list has it; `announced` and `counted` = parks, projects."""

    id: str
    title: str
    year: int
    ordinal: int
    on_day: str
    host: str
    state: str
    announced: tuple[int, int] | None
    counted: tuple[int, int]


@dataclass(frozen=True)
class CallForm:
    """The form with which a meeting is called or called otherwise: what stands in its fields."""

    typed: Mapping[str, str]
    parks: Sequence[Choice]  # of the zone, each with how many projects it is to bring

    def value(self, name: str) -> str:
        """What stands in a field."""
        return self.typed.get(name, "")


@dataclass(frozen=True)
class SessionsPage:
    """开过、要开哪些评审会?"""

    template: ClassVar[str] = "sessions.html"
    frame: Frame
    rows: Sequence[SessionRow]
    call: CallForm

    @property
    def table(self) -> Table:
        """A row a meeting, the newest first."""
        lang = self.frame.lang
        heads = ("title", "number", "on_day", "host", "state", "announced", "counted")
        columns = [Column(word(lang, f"session_head.{head}")) for head in heads]
        return Table("sessions", word(lang, "session.list"), columns, [*map(self._row, self.rows)])

    def _row(self, row: SessionRow) -> list[Cell]:
        lang = self.frame.lang
        told = None if row.announced is None else _counts(lang, row.announced)
        return [
            Cell(row.title, self.frame.to(f"/sessions/{quote(row.id)}")),
            Cell(word(lang, "session.number", year=row.year, n=row.ordinal)),
            Cell(row.on_day),
            Cell(row.host),
            Cell(word(lang, f"session_state.{row.state}")),
            Cell(told),
            Cell(_counts(lang, row.counted)),
        ]


@dataclass(frozen=True)
class AgendaRow:
    """A project of the agenda: `submitted` of the cards `of` those who judge it.

    `mine` = what the reader has to do there: recused, todo, draft, submitted, "" = nothing.
    """

    judged: Judged
    submitted: int
    of: int
    dispersed: bool
    mine: str


@dataclass(frozen=True)
class SessionPage:
    """这次会怎么开?"""

    template: ClassVar[str] = "session.html"
    frame: Frame
    answer: MeetingAnswer
    names: Mapping[str, str]
    reader: Reader
    batch: BatchPair | None
    reopening: bool  # one of the two has asked
    accounts: Sequence[Choice] | None  # that may join the panel; None where nobody signs in
    parks: Sequence[Choice] = ()  # of the zone
    offered: Sequence[str] = ()  # projects in the order that is offered, 优先引进 first
    typed: Mapping[str, str] = field(default_factory=dict)  # what could not be kept

    @property
    def states(self) -> Sequence[tuple[str, bool]]:
        """The states in order, and which is the present one."""
        return [(state, state == self.answer.state) for state in STATES]

    @property
    def sealed(self) -> bool:
        """Whether judgements are open to the panel."""
        return self.answer.state in SEALED

    @property
    def agrees(self) -> bool:
        """Whether as many parks and projects are on the agenda as were announced."""
        return self.answer.announced in (None, self.answer.counted)

    @property
    def people(self) -> Mapping[str, str]:
        """Names of the panel by id."""
        return {seat.id: seat.name for seat in self.answer.panel}

    @property
    def reopening_names(self) -> Sequence[str]:
        """The projects that are to be judged anew after an appeal."""
        return [p.name for p in self.answer.projects if p.id in self.answer.reopening_of]

    @property
    def reopenings(self) -> Sequence[str]:
        """Who reopened it with whom, and why."""
        return [self._reopening(said) for said in self.answer.reopened]

    @property
    def agenda(self) -> Sequence[tuple[str, Sequence[AgendaRow]]]:
        """Projects in their order, those of one park that follow each other together."""
        runs = groupby(self.answer.projects, key=lambda project: project.park)
        return [(park, [self._row(project) for project in run]) for park, run in runs]

    @property
    def call(self) -> CallForm:
        """The form that calls the meeting otherwise: as it is called, or as was just typed."""
        a = self.answer
        opens, closes = a.window or ("", "")
        parks, projects = a.announced or ("", "")
        kept = {
            "title": a.title, "day": a.on_day, "host": a.host, "place": a.place,
            "starts": a.starts or "", "opens": str(opens), "closes": str(closes),
            "parks": str(parks), "projects": str(projects),
            **{f"expected.{s.park}": str(s.expected) for s in a.shares if s.expected is not None},
        }  # fmt: skip
        return CallForm(self.typed if "title" in self.typed else kept, self.parks)

    @property
    def prioritised(self) -> bool:
        """Whether the agenda is in the order that is offered, or none is."""
        return not self.offered or list(self.offered) == [p.id for p in self.answer.projects]

    @property
    def progress(self) -> tuple[int, int]:
        """Cards that are submitted, of all that are asked for."""
        rows = [self._row(project) for project in self.answer.projects]
        return sum(r.submitted for r in rows), sum(r.of for r in rows)

    @property
    def outcomes(self) -> Sequence[tuple[str, int]]:
        """How many projects came to which outcome, of those decided."""
        return sorted(Counter(p.outcome for p in self.answer.projects if p.outcome).items())

    def recusal(self, one: Recusal) -> str:
        """Who does not judge, and why."""
        lang = self.frame.lang
        why = recusal_text(lang, one, self.names)
        return word(lang, "session.recused", who=self.people.get(one.member, one.member), why=why)

    @property
    def effect(self) -> EffectView | None:
        """Before and after the meeting, once the batch may be seen."""
        return effect_view(self.answer, self.names, self.frame.lang)

    @property
    def batch_names(self) -> Mapping[str, str]:
        """Projects of the batch by id."""
        return {p.project or p.id: p.name for p in self.answer.projects}

    @property
    def left_out(self) -> Sequence[str]:
        """Why the optimum leaves out what it leaves out, a sentence a project."""
        rows = self.batch.best.rows if self.batch else ()
        return [self._left_out(row) for row in rows if row.park is None]

    @property
    def overfilled(self) -> Sequence[str]:
        """Where the panel's choice takes more than is free."""
        lang, found = self.frame.lang, self.batch.panel.overfilled if self.batch else ()
        return [
            word(lang, "session.over", **self._resource(use), by=self._projects(use.by))
            for use in found
        ]

    @property
    def resources(self) -> Sequence[str]:
        """Land and floor."""
        return RESOURCES

    def digits(self, what: str) -> int:
        """How exactly a resource is shown."""
        return _DIGITS[what]

    def _reopening(self, said: str) -> str:
        who, _, why = said.partition(": ")
        shown = " + ".join(self.people.get(id_, id_) for id_ in who.split(" + "))
        return word(self.frame.lang, "session.reopened_by", who=shown, why=why)

    def _row(self, judged: Judged) -> AgendaRow:
        submitted = sum(c.submitted and c.member in judged.judges for c in judged.cards)
        dispersed = any(i.dispersed for head in judged.heads for i in head.items)
        return AgendaRow(judged, submitted, len(judged.judges), dispersed, self._mine(judged))

    def _mine(self, judged: Judged) -> str:
        me = self.reader.member
        if me and any(r.member == me for r in judged.recused):
            return "recused"
        if me not in judged.judges or self.answer.state != "scoring":
            return ""
        own = next((c for c in judged.cards if c.member == me), None)
        return "todo" if own is None else "submitted" if own.submitted else "draft"

    def _left_out(self, row: Row) -> str:
        lang, name = self.frame.lang, self.batch_names.get(row.project, row.project)
        told = [self._locked(uses[0]) for uses in row.locked_out.values()]
        if row.redundant:
            gains = {"now": row.gain_given, "then": max(row.redundant.values())}
            shown = {k: f"{x:.3f}" for k, x in {**gains, "alone": row.gain_alone}.items()}
            by = self._projects(row.redundant)
            told.append(word(lang, "session.redundant", by=by, **shown))
        if not told:
            told = [word(lang, "session.unchosen" if row.room_in else "session.closed")]
        return word(lang, "session.because", name=name, why=word(lang, "text.comma").join(told))

    def _locked(self, use: Use) -> str:
        lang = self.frame.lang
        by = self._projects(use.by) or word(lang, "session.nobody")
        return word(lang, "session.locked", by=by, **self._resource(use))

    def _projects(self, ids: Sequence[str] | Mapping[str, float]) -> str:
        return word(self.frame.lang, "text.comma").join(self.batch_names.get(i, i) for i in ids)

    def _resource(self, use: Use) -> dict[str, str]:
        lang, digits = self.frame.lang, _DIGITS[use.what]
        free = "—" if use.free is None else f"{use.free:,.{digits}f}"
        return {
            "park": self.names.get(use.park, use.park),
            "what": word(lang, f"session_resource.{use.what}"),
            "free": free,
            "used": f"{use.used:,.{digits}f}",
            "over": f"{use.over:,.{digits}f}",
        }


def _counts(lang: str, counts: tuple[int, int]) -> str:
    return word(lang, "session.counts", parks=counts[0], projects=counts[1])

"""准不准入: one project of a meeting on one screen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import ClassVar

from graph.review.account import Judged
from graph.review.assessing import OUTCOMES, Gate
from graph.review.discounting import Discount
from graph.review.effect import ProjectGain
from graph.review.fields import FIELDS
from graph.review.meeting import SEALED, STANCES, Appeal, Card, Case, Meeting, Recusal
from graph.review.panel import by_record, experts_asked
from graph.review.standard import Indicator, Veto
from viz.contexts import Choice, Frame
from viz.precheck import field_name
from viz.review_effect import gains_lead, gains_table
from viz.review_words import gaps_text, recusal_text
from viz.sessions import Reader
from viz.table import Table
from viz.words import term

__all__ = ["CONDITIONS", "TERMS", "ReviewPage"]

CONDITIONS = 5  # rows of the form of a decision
TERMS = ("indicator", "value", "unit", "due", "evidence")


@dataclass(frozen=True)
class ReviewPage:
    """准不准入?

    `meeting` and `case` hold only what the reader may see; `shown` says whether the computed points
    are among it.  `typed` and `sent` are what the reader wrote and could not be kept.  `gain` is
    there once the batch may be seen, beside the `recommended` choice: panel or best.
    """

    template: ClassVar[str] = "review.html"
    frame: Frame
    meeting: Meeting
    case: Case
    judged: Judged
    shown: bool
    names: Mapping[str, str]
    reader: Reader
    people: Mapping[str, str]
    today: date
    typed: Card | None = None
    sent: Mapping[str, str] = field(default_factory=dict)
    gain: ProjectGain | None = None
    recommended: str = ""

    @property
    def gains(self) -> Table | None:
        """What it adds alone and beside the others, a row a leader; None while nobody may see."""
        if self.gain is None:
            return None
        return gains_table(self.gain, self.names, self.frame.lang)

    @property
    def gains_lead(self) -> str:
        """What the two gains are."""
        return gains_lead(self.recommended, self.frame.lang)

    @property
    def sealed(self) -> bool:
        """Whether judgements are open to the panel."""
        return self.meeting.state in SEALED

    @property
    def gates(self) -> Sequence[Gate]:
        """Every gate of the project."""
        return self.judged.gates

    @property
    def stopped(self) -> Sequence[Gate]:
        """What keeps the project out, then what is open."""
        rows = [gate for gate in self.gates if gate.verdict != "pass"]
        return sorted(rows, key=lambda gate: gate.verdict != "fail")

    @property
    def passed(self) -> Sequence[Gate]:
        """What stands against nothing."""
        return [gate for gate in self.gates if gate.verdict == "pass"]

    @property
    def gaps(self) -> Sequence[str]:
        """The gaps of leaders it makes smaller, a sentence each, the largest first."""
        return gaps_text(self.frame.lang, self.judged, self.names)

    @property
    def may_appeal(self) -> bool:
        """Whether the decision may be appealed today, by the reader as far as a role tells."""
        until = self.judged.appeal_until
        bare = self.reader.bare or self.reader.runs
        return bare and until is not None and self.today <= until

    @property
    def open_appeal(self) -> bool:
        """Whether an appeal against the decision waits for its answer, and may have it now."""
        found = self.case.appeal()
        ended = self.meeting.state in ("decided", "published")
        return ended and found is not None and not found.answer

    def appeal_state(self, one: Appeal) -> str:
        """Where an appeal stands; one without an answer is past once its decision is."""
        if one.answer or one.decision == len(self.judged.earlier):
            return one.answer or "open"
        return "past"

    @property
    def stated(self) -> Sequence[tuple[str, float, str]]:
        """The numbers of the application: name, value, unit."""
        basis, lang = self.case.basis, self.frame.lang
        if basis is None:
            return ()
        return [
            (field_name(lang, name), basis.given.numbers[name], term(lang, "unit", known.unit))
            for name, known in FIELDS.items()
            if name in basis.given.numbers
        ]

    @property
    def record(self) -> Mapping[str, Discount]:
        """The numbers that the applicant's earlier promises discount, by name.

        Seen before a judgement of one's own they would anchor it, as the points would.
        """
        found = by_record(self.case, sealed=self.sealed) if self.shown else None
        lang = self.frame.lang
        return {field_name(lang, row.field): row for row in found.rows} if found else {}

    @property
    def asked(self) -> Sequence[Indicator]:
        """What a reviewer gives points for."""
        if self.case.basis is None:
            return ()
        standard = self.case.basis.standard
        wanted = experts_asked(standard)
        return [i for i in standard.indicators if i.id in wanted]

    @property
    def grounds(self) -> Sequence[Veto]:
        """The grounds for refusal that the reader's department answers for."""
        found = next((m for m in self.meeting.panel if m.id == self.reader.member), None)
        if self.case.basis is None or found is None or found.seat != "department":
            return ()
        vetoes = self.case.basis.standard.vetoes
        return [veto for veto in vetoes if veto.department == found.department]

    @property
    def ground_names(self) -> Mapping[str, str]:
        """Every ground for refusal by id."""
        return {v.id: v.name for v in self.case.basis.standard.vetoes} if self.case.basis else {}

    @property
    def judges(self) -> bool:
        """Whether the reader judges this project."""
        return self.reader.member in self.judged.judges

    @property
    def recused(self) -> bool:
        """Whether the reader is kept from judging it."""
        return self.reader.member in self.case.out()

    @property
    def own(self) -> Card | None:
        """The reader's card as it is kept."""
        return self.case.card_of(self.reader.member) if self.judges else None

    @property
    def card(self) -> Card:
        """The card the form shows: as it was just typed, as it is kept, or empty."""
        return self.typed or self.own or Card(self.reader.member, version=0)

    @property
    def version(self) -> int:
        """The version a form writes over: what is kept now."""
        return self.own.version if self.own else 0

    @property
    def writes(self) -> bool:
        """Whether the reader may still judge it."""
        submitted = self.own is not None and self.own.submitted
        return self.meeting.state == "scoring" and self.judges and not submitted

    @property
    def votes(self) -> bool:
        """Whether the reader may vote on it: with a judgement of their own."""
        return self.own is not None and self.own.submitted

    @property
    def cards(self) -> Sequence[Card]:
        """All cards side by side, once they are open."""
        return [card for card in self.case.cards if card.submitted] if self.sealed else ()

    def points(self, item: str) -> tuple[int, int] | None:
        """The least and the most given for an item by those who count."""
        given = [card.points[item] for card in self.case.counted() if item in card.points]
        return (min(given), max(given)) if given and self.sealed else None

    def stance(self, member: str) -> str:
        """Where somebody stands after what was said."""
        card = self.case.card_of(member)
        later = [r.stance for r in self.case.replies if r.member == member and r.stance]
        return later[-1] if later else card.stance if card else ""

    @property
    def tally(self) -> Sequence[tuple[str, int]]:
        """Ballots by outcome, most first."""
        return Counter(ballot.outcome for ballot in self.case.ballots).most_common()

    @property
    def ballot(self) -> str:
        """What the reader voted for."""
        mine = (b.outcome for b in self.case.ballots if b.member == self.reader.member)
        return next(mine, "")

    @property
    def outcomes(self) -> Sequence[str]:
        """What may be voted for."""
        return OUTCOMES

    @property
    def stances(self) -> Sequence[str]:
        """Where somebody may stand."""
        return STANCES

    @property
    def terms(self) -> Sequence[str]:
        """The fields of a condition."""
        return TERMS

    @property
    def rows(self) -> Sequence[int]:
        """Rows for conditions."""
        return range(CONDITIONS)

    @property
    def parks(self) -> Sequence[Choice]:
        """Where a project can be referred to: parks with a standard, those of the meeting first."""
        basis, here = self.case.basis, {case.park for case in self.meeting.cases}
        able = basis.parks if basis is not None else ()
        if able is None:  # a meeting of before it was kept
            able = tuple(here.union(basis.others if basis else ()))
        found = sorted((park not in here, park) for park in able if park != self.case.park)
        return [Choice(park, self.names.get(park, park)) for _, park in found]

    @property
    def around(self) -> tuple[str | None, str | None]:
        """The projects before and after it on the agenda."""
        ids = [case.id for case in self.meeting.cases]
        at = ids.index(self.case.id)
        return ids[at - 1] if at else None, ids[at + 1] if at + 1 < len(ids) else None

    def recusal(self, one: Recusal) -> str:
        """Why somebody does not judge it."""
        return recusal_text(self.frame.lang, one, self.names)

"""A meeting as an answer: what page, JSON, workbook and minutes all show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from graph.review.assessing import Gate
from graph.review.batch import Batch
from graph.review.discounting import Discounted
from graph.review.effect import Effect, ProjectGain
from graph.review.meeting import (
    SEALED,
    Appeal,
    Ballot,
    Card,
    Case,
    Closes,
    Condition,
    Decision,
    Meeting,
    Recusal,
    Reply,
)
from graph.review.panel import by_record, majority, result
from graph.review.scoring import Head

__all__ = ["Judged", "MeetingAnswer", "ParkShare", "Seat", "account"]


@dataclass(frozen=True)
class Judged:
    """One project: what the rules say, what the panel said, what was decided.

    `rule` is the outcome by the rules, `outcome` the decided one; both None while open or not for
    the reader's eyes, as are the points.  `interval` = (low, high) of the score.  `closes` = the
    gaps of leaders it makes smaller (优先引进 where there is one), None where nothing tells.
    """

    id: str
    name: str
    applicant: str
    park: str
    project: str
    minutes: int
    starts: str | None  # by the agenda, "09:15"
    ends: str | None
    closes: Sequence[Closes] | None
    track: str | None
    standard: str | None
    gates: Sequence[Gate]
    heads: Sequence[Head]
    score: float | None
    interval: tuple[float, float] | None
    rule: str | None
    why: str | None
    needs: str | None  # the item whose proof would settle it
    document: str | None
    better: str | None  # the park it is referred to by the rules
    outcome: str | None
    transfer_to: str | None
    reason: str
    conditions: Sequence[Condition]
    dissent: Sequence[Ballot]
    judges: Sequence[str]
    recused: Sequence[Recusal]
    cards: Sequence[Card]
    replies: Sequence[Reply]
    ballots: Sequence[Ballot]
    majority: str | None
    quorum: int
    earlier: Sequence[Decision]
    published: date | None  # the day its park was told of the decision
    appeals: Sequence[Appeal]
    appeal_until: date | None  # the last day for one; None = not now
    discounted: Discounted | None = None  # by the applicant's earlier promises


@dataclass(frozen=True)
class ParkShare:
    """A park of the agenda: projects it is to bring (None = nobody said) and those that are on."""

    park: str
    expected: int | None
    counted: int

    @property
    def short(self) -> int:
        """How many are missing; below 0: as many more than were expected; 0 where nobody said."""
        return 0 if self.expected is None else self.expected - self.counted


@dataclass(frozen=True)
class Seat:
    """Somebody of the panel."""

    id: str
    name: str
    seat: str
    department: str
    fields: Sequence[str]


@dataclass(frozen=True)
class MeetingAnswer:
    """`lianzhu review show`: a meeting as its reader may see it."""

    session: str
    year: int
    ordinal: int
    title: str
    on_day: str
    host: str
    place: str
    starts: str | None
    window: tuple[date, date] | None  # in which parks hand in
    state: str
    announced: tuple[int, int] | None  # parks, projects
    counted: tuple[int, int]
    shares: Sequence[ParkShare]
    minutes: int  # of the agenda that the reader sees
    version: int  # of the call and the agenda
    revisions: Sequence[int]  # of the graph, that the projects were judged at
    parks: Sequence[str]
    projects: Sequence[Judged]
    panel: Sequence[Seat]
    batch: Batch | None
    effect: Effect | None  # with `batch`: it tells what the panel chose
    reopened: Sequence[str]
    reopening_of: Sequence[str]  # projects that are to be judged anew after an appeal

    def gain(self, project: Judged) -> ProjectGain | None:
        """What a project adds alone and beside the others; None where it may not be told."""
        wanted, told = project.project or project.id, self.effect.projects if self.effect else ()
        return next((gain for gain in told if gain.project == wanted), None)


def account(
    meeting: Meeting,
    shown: Callable[[Case], bool],
    batch: Batch | None = None,
    effect: Effect | None = None,
) -> MeetingAnswer:
    """The answer, from a meeting that holds only what its reader may see (`graph.review.sight`).

    `shown` says of which projects the computed points may be seen; `batch` and `effect` are for who
    may see all of them (`graph.review.sight.may_see_batch`).
    """
    bases = [case.basis for case in meeting.cases if case.basis is not None]
    return MeetingAnswer(
        meeting.id,
        meeting.year,
        meeting.ordinal,
        meeting.title,
        meeting.on_day.isoformat(),
        meeting.host,
        meeting.place,
        meeting.starts.strftime("%H:%M") if meeting.starts else None,
        meeting.window,
        meeting.state,
        meeting.announced,
        meeting.counts(),
        _shares(meeting),
        sum(case.minutes for case in meeting.cases),
        meeting.version,
        sorted({basis.revision for basis in bases}),
        sorted({case.park for case in meeting.cases}),
        [_judged(meeting, case, shown(case)) for case in meeting.cases],
        [Seat(m.id, m.name, m.seat, m.department, m.fields) for m in meeting.panel],
        batch,
        effect,
        meeting.reopened,
        meeting.reopening_of,
    )


def _shares(meeting: Meeting) -> Sequence[ParkShare]:
    """Every park that is expected or on the agenda, those that are short first."""
    there = Counter(case.park for case in meeting.cases)
    found = [
        ParkShare(park, meeting.expected.get(park), there[park])
        for park in sorted({*meeting.expected, *there})
    ]
    return sorted(found, key=lambda share: -share.short)


def _clock(minutes: int | None) -> str | None:
    """Minutes after midnight as an agenda writes them; past midnight the hours go on (24:15).

    >>> _clock(555), _clock(1455), _clock(None)
    ('09:15', '24:15', None)
    """
    return None if minutes is None else f"{minutes // 60:02d}:{minutes % 60:02d}"


def _judged(meeting: Meeting, case: Case, shown: bool) -> Judged:
    sealed = meeting.state in SEALED
    found = result(case, sealed=sealed) if shown else None
    decided = case.decision
    needs = found.needs if found else None
    return Judged(
        case.id,
        case.name,
        case.applicant,
        case.park,
        case.project,
        case.minutes,
        _clock(case.starts),
        None if case.starts is None else _clock(case.starts + case.minutes),
        case.basis.closes if case.basis and shown else None,
        case.basis.standard.track if case.basis else None,
        f"{case.basis.standard.name} {case.basis.standard.version}" if case.basis else None,
        found.gates if found else (),
        found.heads if found else (),
        found.score if found else None,
        (found.low, found.high) if found else None,
        found.outcome if found else None,
        found.why if found else None,
        needs.name if needs else None,
        needs.evidence if needs else None,
        found.transfer_to if found else None,
        decided.outcome if decided else None,
        decided.transfer_to if decided else None,
        decided.reason if decided else "",
        decided.conditions if decided else (),
        decided.dissent if decided else (),
        case.judges(),
        case.recused,
        case.cards,
        case.replies,
        case.ballots,
        majority(case),
        meeting.enough(case),
        case.earlier,
        decided.published if decided else None,
        case.appeals,
        meeting.appeal_until(case) if case.appeal() is None else None,
        by_record(case, sealed=sealed) if shown else None,
    )

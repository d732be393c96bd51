"""A review meeting as one value: its agenda, its panel, what was said and what was decided.

`graph.review.steps` changes it, `graph.review.sight` says who sees what of it, and everything a
result needs lies in it: a decided meeting can be computed again from itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from fractions import Fraction

from graph.errors import NotFound
from graph.review.filing import Source
from graph.review.scoring import Application
from graph.review.standard import Standard

__all__ = [
    "SEALED",
    "SEATS",
    "STANCES",
    "STATES",
    "Appeal",
    "Ballot",
    "Basis",
    "Card",
    "Case",
    "Closes",
    "Condition",
    "Decision",
    "Meeting",
    "Member",
    "Recusal",
    "Reply",
    "Rules",
]

STATES = ("draft", "open", "scoring", "sealed", "decided", "published")
SEALED = STATES[3:]  # judgements are open to the panel, and in the audit's hash
SEATS = ("expert", "department", "chair", "secretary")
STANCES = ("support", "conditional", "oppose")


@dataclass(frozen=True)
class Rules:
    """How the panel comes to a decision; every number is an assumption of this program."""

    quorum: tuple[int, int] = (2, 3)  # of those who are assigned and not recused
    fewest: int = 2  # votes that are needed whatever the quorum says
    appeal_days: int = 15  # calendar days after the day a decision was published


@dataclass(frozen=True)
class Member:
    """Somebody of the panel; `employer` and `interests` are what conflicts are looked for in."""

    id: str
    name: str
    seat: str = "expert"
    department: str = ""
    fields: tuple[str, ...] = ()
    employer: str = ""
    interests: tuple[str, ...] = ()


@dataclass(frozen=True)
class Recusal:
    """Somebody does not judge a project: by a conflict that was found, or as they said."""

    member: str
    why: str
    found: bool = False


@dataclass(frozen=True)
class Card:
    """One reviewer's judgement of one project: theirs alone until it is submitted and sealed.

    `points` = 1–5 by expert indicator; `vetoes` = passed or not, of the grounds the reviewer's
    department answers for.
    """

    member: str
    points: Mapping[str, int] = field(default_factory=dict)
    vetoes: Mapping[str, bool] = field(default_factory=dict)
    stance: str = ""
    opinion: str = ""
    red_line: str = ""
    acceptable: str = ""  # the condition under which it could be accepted
    evidence: str = ""
    version: int = 1
    submitted: bool = False


@dataclass(frozen=True)
class Reply:
    """Said after sealing: a challenge to somebody, or the answer, with the stance it led to."""

    member: str
    to: str  # the member who is challenged or answered
    text: str
    stance: str = ""  # of the speaker afterwards, "" = as before


@dataclass(frozen=True)
class Ballot:
    """A vote on the outcome."""

    member: str
    outcome: str
    reason: str = ""


@dataclass(frozen=True)
class Condition:
    """What has to become true, by when, and what proves it."""

    indicator: str
    value: float
    unit: str
    due: date
    evidence: str
    at_most: bool = False  # 不高于; else 不低于


@dataclass(frozen=True)
class Decision:
    """What the meeting decided; `rule` is what the rules gave, None while something was open."""

    outcome: str
    rule: str | None
    by: str
    reason: str = ""
    transfer_to: str | None = None
    conditions: tuple[Condition, ...] = ()
    dissent: tuple[Ballot, ...] = ()
    published: date | None = None  # the day its park was told


@dataclass(frozen=True)
class Appeal:
    """申诉: a park asks to have a decision judged anew; `answer` = accepted, refused, "" = open.

    `decision` = how many decisions there were before the one it is against.
    """

    decision: int
    day: date
    by: str
    reason: str
    evidence: str
    behalf: bool = False  # the office wrote it for the park
    answer: str = ""
    why: str = ""
    answered_by: str = ""
    answered_on: date | None = None


@dataclass(frozen=True)
class Closes:
    """A gap that a project makes smaller: the shortage in a segment of a leader's chain."""

    leader: str
    chain: str  # that the leader leads
    segment: str
    before: float  # shortage, 0 to 1
    after: float


@dataclass(frozen=True)
class Basis:
    """What a project is judged by, fixed when scoring begins; no votes are in `given`.

    `closes` = the gaps of leaders it makes smaller: with one it is 优先引进, see
    `graph.review.agenda`.  It, `parks` and `source` are None where that was not kept or, of
    `closes`, the graph does not know the project.
    """

    given: Application
    standard: Standard
    day: date
    revision: int
    others: Mapping[str, float] = field(default_factory=dict)  # park -> what it surely reaches
    closes: tuple[Closes, ...] | None = None
    parks: tuple[str, ...] | None = None  # others with a standard of their own
    haircuts: Mapping[str, float] = field(default_factory=dict)  # field -> by earlier promises
    source: Source | None = None

    @property
    def priority(self) -> bool:
        """Whether the project is 优先引进; it changes no score."""
        return bool(self.closes)


@dataclass(frozen=True)
class Case:
    """One project on the agenda."""

    id: str
    name: str
    applicant: str
    park: str
    project: str = ""  # its id in the graph, "" = it is not there
    minutes: int = 15
    starts: int | None = None  # minutes after midnight, by the agenda; None = no time was set
    assigned: tuple[str, ...] = ()
    recused: tuple[Recusal, ...] = ()
    basis: Basis | None = None
    cards: tuple[Card, ...] = ()
    replies: tuple[Reply, ...] = ()
    ballots: tuple[Ballot, ...] = ()
    decision: Decision | None = None
    earlier: tuple[Decision, ...] = ()  # before it was reopened
    appeals: tuple[Appeal, ...] = ()

    def out(self) -> frozenset[str]:
        """Who does not judge it."""
        return frozenset(r.member for r in self.recused)

    def judges(self) -> Sequence[str]:
        """Who does: assigned and not recused, in the order they were assigned."""
        out = self.out()
        return [m for m in self.assigned if m not in out]

    def card_of(self, member: str) -> Card | None:
        """The card of a member, submitted or not."""
        return next((card for card in self.cards if card.member == member), None)

    def counted(self) -> Sequence[Card]:
        """The cards that count: submitted, by somebody who judges it."""
        judges = set(self.judges())
        return [card for card in self.cards if card.submitted and card.member in judges]

    def appeal(self) -> Appeal | None:
        """The appeal against the decision as it stands."""
        last = self.appeals[-1] if self.appeals else None
        return last if last and last.decision == len(self.earlier) else None


@dataclass(frozen=True)
class Meeting:
    """One session of the review (2022年度第四次): `announced` = projects it was called for.

    `version` counts the changes of the call and the agenda, which two windows may write.
    """

    id: str
    year: int
    ordinal: int
    title: str
    on_day: date
    host: str
    state: str = "draft"
    place: str = ""
    starts: time | None = None
    window: tuple[date, date] | None = None  # first and last day on which parks hand in
    announced: tuple[int, int] | None = None  # parks, projects
    expected: Mapping[str, int] = field(default_factory=dict)  # park -> projects it is to bring
    version: int = 1
    rules: Rules = Rules()
    panel: tuple[Member, ...] = ()
    cases: tuple[Case, ...] = ()
    # Who asked to reopen it, and why; another has to agree.  `reopening_of` = the projects it is
    # about, after their appeals; none = all.
    reopening: tuple[str, str] | None = None
    reopening_of: tuple[str, ...] = ()
    reopened: tuple[str, ...] = ()  # "first + second: why", of every time

    def case(self, id: str) -> Case:
        """A project of the agenda; `NotFound` where it is not on it."""
        found = next((case for case in self.cases if case.id == id), None)
        if found is None:
            raise NotFound("unknown_case", case=id)
        return found

    def member(self, id: str) -> Member:
        """Somebody of the panel; `NotFound` for anybody else."""
        found = next((member for member in self.panel if member.id == id), None)
        if found is None:
            raise NotFound("unknown_member", member=id)
        return found

    def enough(self, case: Case) -> int:
        """How many of those who judge a project have to take part: quorum, rounded up."""
        part, whole = self.rules.quorum
        share = Fraction(part, whole) * len(case.judges())
        return max(self.rules.fewest, -(-share.numerator // share.denominator))

    def appeal_until(self, case: Case) -> date | None:
        """The last day on which a decision may be appealed; None before it is published."""
        told = case.decision.published if case.decision else None
        return told + timedelta(days=self.rules.appeal_days) if told else None

    def counts(self) -> tuple[int, int]:
        """Parks and projects on the agenda, to be held against what was announced."""
        return len({case.park for case in self.cases}), len(self.cases)

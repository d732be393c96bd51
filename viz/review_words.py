"""What the documents of a review meeting say in words: outcomes, points, votes, recusals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from graph.review.account import Judged, MeetingAnswer
from graph.review.assessing import Gate
from graph.review.meeting import Appeal, Ballot, Condition, Recusal
from viz.numerals import chinese_date, chinese_number
from viz.precheck import field_name
from viz.words import catalogue, term, word

__all__ = [
    "Provenance",
    "appeal_text",
    "basis_lines",
    "bound_text",
    "condition_text",
    "count_text",
    "day_text",
    "dissent_text",
    "gaps_text",
    "gate_name",
    "is_final",
    "number_text",
    "outcome_text",
    "people",
    "points_text",
    "priority_text",
    "record_text",
    "recusal_text",
    "rule_text",
    "session_text",
    "votes_text",
]


@dataclass(frozen=True)
class Provenance:
    """What a document rests on and how it is checked.

    `sha256` is of the meeting as it is kept, "" before it is sealed: earlier, a hash would let
    judgements be guessed.  `verify` says where the document can be held against the records.
    """

    revisions: Sequence[int]
    standards: Sequence[str]  # name and version
    sha256: str
    verify: str
    made_at: date
    sample: bool = False


def basis_lines(lang: str, given: Provenance) -> Sequence[tuple[str, str]]:
    """Each thing the document rests on by name."""
    none = word(lang, "text.no_data")
    comma = word(lang, "text.comma")
    return [
        (word(lang, "reviewdoc.revisions"), comma.join(map(str, given.revisions)) or none),
        (word(lang, "reviewdoc.standards"), comma.join(given.standards) or none),
        (word(lang, "reviewdoc.sha256"), given.sha256 or word(lang, "reviewdoc.not_sealed")),
        (word(lang, "reviewdoc.verify"), given.verify or none),
        (word(lang, "reviewdoc.made_at"), given.made_at.isoformat()),
    ]


def session_text(lang: str, answer: MeetingAnswer) -> str:
    """Which meeting of which year: 2022年度第四次."""
    n = chinese_number(answer.ordinal) if lang == "zh" else str(answer.ordinal)
    return word(lang, "reviewdoc.session", year=answer.year, n=n)


def day_text(lang: str, day: date) -> str:
    """A day as the language's documents write it."""
    return chinese_date(day) if lang == "zh" else day.isoformat()


def count_text(lang: str, n: int) -> str:
    """A count in a sentence, before 个: two is 两 there, and only alone.

    >>> count_text("zh", 21), count_text("zh", 2), count_text("en", 21)
    ('二十一', '两', '21')
    """
    if lang != "zh":
        return str(n)
    return "两" if n == 2 else chinese_number(n)


def number_text(value: float) -> str:
    """A number to at most four decimals.

    >>> number_text(4500.0), number_text(7.317073170731708)
    ('4,500', '7.3171')
    """
    told = f"{value:,.4f}"
    return told.rstrip("0").rstrip(".")


def people(answer: MeetingAnswer) -> Mapping[str, str]:
    """The names of the panel by id."""
    return {seat.id: seat.name for seat in answer.panel}


def is_final(answer: MeetingAnswer) -> bool:
    """Whether every decision has been taken."""
    return answer.state in ("decided", "published")


def outcome_text(lang: str, project: Judged, names: Mapping[str, str]) -> str:
    """What was decided, and into which park it is referred."""
    if project.outcome is None:
        return word(lang, "reviewdoc.undecided")
    told = term(lang, "outcome", project.outcome)
    if project.outcome != "transferred" or project.transfer_to is None:
        return told
    park = names.get(project.transfer_to, project.transfer_to)
    return word(lang, "reviewdoc.into", outcome=told, park=park)


def rule_text(lang: str, project: Judged, names: Mapping[str, str]) -> str:
    """What the rules give, why, and what would settle it; no data where nothing was computed."""
    if project.interval is None:
        return word(lang, "text.no_data")
    told = term(lang, "outcome", project.rule or "open")
    why = term(lang, "precheck_why", project.why) if project.why else ""
    if project.better is not None:
        why += names.get(project.better, project.better)
    told = word(lang, "reviewdoc.because", what=told, why=why) if why else told
    if project.needs is None:
        return told
    needs = word(
        lang, "reviewdoc.needs", item=project.needs,
        document=project.document or word(lang, "text.no_data"),
    )  # fmt: skip
    return told + word(lang, "reviewdoc.semicolon") + needs


def points_text(lang: str, points: float | None, ends: tuple[float, float] | None) -> str:
    """Points, or between which they lie; no data where neither is known, never 0.

    >>> points_text("zh", 88.31, (88.31, 88.31)), points_text("zh", None, (0.0, 5.0))
    ('88.3', '0.0–5.0')
    >>> points_text("zh", None, None)
    '无数据'
    """
    if points is not None:
        return f"{points:.1f}"
    if ends is None:
        return word(lang, "text.no_data")
    return f"{ends[0]:.1f}–{ends[1]:.1f}"


def record_text(lang: str, project: Judged) -> str:
    """What the applicant's earlier promises would make of points and outcome; "" = none known."""
    found = project.discounted
    if found is None:
        return ""
    ends = {"low": f"{found.low:.1f}", "high": f"{found.high:.1f}"}
    outcome, rule = term(lang, "outcome", found.outcome or "open"), word(lang, "review.record_rule")
    return word(lang, "reviewdoc.discounted", outcome=outcome, rule=rule, **ends)


def votes_text(lang: str, ballots: Sequence[Ballot]) -> str:
    """How many voted for which outcome, the most first.

    >>> votes_text("zh", [Ballot("a", "approved"), Ballot("b", "approved"), Ballot("c", "special")])
    '通过 2 票、一事一议 1 票'
    """
    votes = Counter(ballot.outcome for ballot in ballots)
    told = [
        word(lang, "reviewdoc.votes", outcome=term(lang, "outcome", outcome), n=n)
        for outcome, n in sorted(votes.items(), key=lambda pair: (-pair[1], pair[0]))
    ]
    return word(lang, "text.comma").join(told) or word(lang, "reviewdoc.no_votes")


def gate_name(lang: str, gate: Gate) -> str:
    """What a rule is called."""
    if gate.gate == "track":
        return term(lang, "gate", "track")
    return field_name(lang, gate.name) if gate.gate == "complete" else gate.name


def recusal_text(lang: str, recusal: Recusal, names: Mapping[str, str]) -> str:
    """Why somebody does not judge a project: the tie that was found, or their own words."""
    kind, *path = recusal.why.split(":")
    if not recusal.found or f"reviewdoc_recusal.{kind}" not in catalogue(lang):
        return recusal.why
    told = term(lang, "reviewdoc_recusal", kind)
    tie = " → ".join(names.get(id, id) for id in path if id)
    return word(lang, "reviewdoc.because", what=told, why=tie) if tie else told


def condition_text(lang: str, condition: Condition) -> str:
    """A condition as a sentence."""
    return word(
        lang,
        "reviewdoc.condition",
        indicator=condition.indicator,
        bound=bound_text(lang, condition.at_most),
        value=number_text(condition.value),
        unit=condition.unit,
        due=day_text(lang, condition.due),
        evidence=condition.evidence,
    )


def bound_text(lang: str, at_most: bool) -> str:
    """Whether more or less than a number is meant: 不低于, 不高于."""
    return term(lang, "bound", "at_most" if at_most else "at_least")


def dissent_text(lang: str, ballot: Ballot, people: Mapping[str, str]) -> str:
    """Who voted otherwise, for what and why."""
    who, outcome = people.get(ballot.member, ballot.member), term(lang, "outcome", ballot.outcome)
    if not ballot.reason:
        return word(lang, "reviewdoc.because", what=who, why=outcome)
    return word(lang, "reviewdoc.dissent_of", who=who, outcome=outcome, reason=ballot.reason)


def gaps_text(lang: str, project: Judged, names: Mapping[str, str]) -> Sequence[str]:
    """The gaps of leaders that a project makes smaller, a sentence each, the largest first."""
    closes = sorted(project.closes or (), key=lambda c: (c.after - c.before, c.leader, c.segment))
    return [
        word(
            lang, "priority.gap", leader=names.get(c.leader, c.leader),
            chain=names.get(c.chain, c.chain), segment=names.get(c.segment, c.segment),
            before=f"{100 * c.before:.0f}%", after=f"{100 * c.after:.0f}%",
        )
        for c in closes
    ]  # fmt: skip


def priority_text(lang: str, project: Judged, names: Mapping[str, str]) -> str:
    """Whether a project is 优先引进 and by which gap; "" where it is not or nothing tells."""
    gaps = gaps_text(lang, project, names)
    if not gaps:
        return ""
    rest = word(lang, "priority.others", n=len(gaps) - 1) if len(gaps) > 1 else ""
    return word(lang, "reviewdoc.priority", gap=gaps[0] + rest)


def appeal_text(lang: str, appeal: Appeal, people: Mapping[str, str]) -> str:
    """An appeal with its answer."""
    by = appeal.by + (word(lang, "appeal.behalf") if appeal.behalf else "")
    told = word(
        lang, "reviewdoc.appeal", day=day_text(lang, appeal.day), by=by, reason=appeal.reason,
        evidence=appeal.evidence,
    )  # fmt: skip
    if not appeal.answer or appeal.answered_on is None:
        return told
    answered = word(
        lang, "reviewdoc.answered", day=day_text(lang, appeal.answered_on),
        who=people.get(appeal.answered_by, appeal.answered_by),
        answer=term(lang, "appeal_state", appeal.answer), why=appeal.why,
    )  # fmt: skip
    return told + answered

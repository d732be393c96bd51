"""What the panel of a review meeting said, voted and asked for, as tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from graph.review.account import Judged, MeetingAnswer, Seat
from graph.review.meeting import Ballot, Card
from viz import review_words as say
from viz.review_tables import detail, each, verdict_text
from viz.table import Cell, Table
from viz.words import term, word

__all__ = ["ballots_table", "cards_table", "conditions_table"]

_Names = Mapping[str, str]


def cards_table(
    answer: MeetingAnswer,
    projects: Sequence[Judged],
    names: _Names,
    lang: str,
    *,
    whose: bool = True,
) -> Table:
    """What each reviewer said, then what was asked and answered after sealing."""
    heads = (
        "what", "who", "seat", "stance", "opinion", "red_line", "acceptable", "evidence", "vetoes",
    )  # fmt: skip
    seats = {seat.id: seat for seat in answer.panel}
    rows = [
        [*told, *row]
        for project, told in each(projects, names, whose)
        for row in _said(lang, project, seats)
    ]
    return detail(lang, "cards", heads, rows, whose=whose)


def ballots_table(
    answer: MeetingAnswer,
    projects: Sequence[Judged],
    names: _Names,
    lang: str,
    *,
    whose: bool = True,
) -> Table:
    """Who voted for what, and whether it was decided so."""
    people = say.people(answer)
    rows = [
        [*told, *_ballot(lang, project, ballot, people)]
        for project, told in each(projects, names, whose)
        for ballot in project.ballots
    ]
    return detail(lang, "ballots", ("who", "vote", "reason", "agrees"), rows, whose=whose)


def conditions_table(
    projects: Sequence[Judged], names: _Names, lang: str, *, whose: bool = True
) -> Table:
    """What has to become true, by when, and what proves it."""
    rows = [
        [
            *told,
            Cell(c.indicator),
            Cell(f"{say.bound_text(lang, c.at_most)} {say.number_text(c.value)}"),
            Cell(c.unit),
            Cell(c.due.isoformat()),
            Cell(c.evidence),
        ]
        for project, told in each(projects, names, whose)
        for c in project.conditions
    ]
    heads = ("indicator", "asked", "unit", "due", "proof")
    return detail(lang, "conditions", heads, rows, whose=whose)


def _said(lang: str, project: Judged, seats: Mapping[str, Seat]) -> Iterator[list[Cell]]:
    for card in project.cards:
        yield [
            Cell(word(lang, "reviewdoc.card")),
            *_speaker(lang, card.member, seats),
            Cell(_stance(lang, card.stance)),
            *(Cell(x) for x in (card.opinion, card.red_line, card.acceptable, card.evidence)),
            Cell(_vetoes(lang, project, card)),
        ]
    for reply in project.replies:
        to = seats[reply.to].name if reply.to in seats else reply.to
        said = word(lang, "reviewdoc.said_to", to=to, text=reply.text)
        stance = _stance(lang, reply.stance) if reply.stance else ""
        rest = [Cell(stance), Cell(said), *[Cell("")] * 4]
        yield [Cell(word(lang, "reviewdoc.reply")), *_speaker(lang, reply.member, seats), *rest]


def _speaker(lang: str, member: str, seats: Mapping[str, Seat]) -> list[Cell]:
    if member not in seats:
        return [Cell(member), Cell(word(lang, "text.no_data"))]
    seat = seats[member]
    return [Cell(seat.name), Cell(seat.department or term(lang, "reviewdoc_seat", seat.seat))]


def _stance(lang: str, stance: str) -> str:
    return term(lang, "reviewdoc_stance", stance) if stance else word(lang, "text.no_data")


def _vetoes(lang: str, project: Judged, card: Card) -> str:
    """What a department said of the grounds it answers for."""
    rules = {gate.rule: gate.name for gate in project.gates}
    told = [
        word(lang, "reviewdoc.because", what=verdict_text(lang, "pass" if passed else "fail"),
             why=rules.get(ground, ground))
        for ground, passed in sorted(card.vetoes.items())
    ]  # fmt: skip
    return word(lang, "text.comma").join(told)


def _ballot(lang: str, project: Judged, ballot: Ballot, people: Mapping[str, str]) -> list[Cell]:
    agrees = ""
    if project.outcome is not None:
        agrees = word(lang, "text.yes" if ballot.outcome == project.outcome else "text.no")
    return [
        Cell(people.get(ballot.member, ballot.member)),
        Cell(term(lang, "outcome", ballot.outcome)),
        Cell(ballot.reason),
        Cell(agrees),
    ]

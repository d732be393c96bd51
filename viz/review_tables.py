"""A review meeting as tables: a row a project, and what its gates and points consist of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from graph.review.account import Judged, MeetingAnswer
from graph.review.assessing import GATES, Gate
from graph.review.batch import Batch
from graph.review.scoring import Head, Item
from graph.review.standard import HEADS
from viz import review_words as say
from viz.precheck import field_name, fix_words
from viz.table import Cell, Column, Table
from viz.words import term, word

__all__ = [
    "batch_table",
    "detail",
    "each",
    "gates_table",
    "heads_table",
    "items_table",
    "projects_table",
    "record_table",
    "verdict_text",
]

_Names = Mapping[str, str]
_Kind = Literal["text", "number"]
_NUMBERS = {
    "score", "low", "high", "points", "weight", "benchmark", "given", "need", "value", "judges",
    "declared", "discounted",
}  # fmt: skip
_WHOSE = ("project", "park")  # what a row of detail begins with where there are several projects


def projects_table(
    answer: MeetingAnswer, names: _Names, lang: str, chosen: Batch | None = None
) -> Table:
    """总表: gates, heads, score or interval, what the rules say beside what was decided.

    With a batch, where the best batch would put each project; with `chosen`, where the panel did.
    """
    heads = [
        "project", "applicant", "park", "track", "standard", *(f"gate_{g}" for g in GATES), *HEADS,
        "score", "low", "high", "priority", "rule", "outcome", "reason", "majority", "votes",
        "need", "dissent", "conditions", "recused",
    ]  # fmt: skip
    batches = [(key, b) for key, b in (("best", answer.batch), ("chosen", chosen)) if b is not None]
    columns = [
        *(_column(lang, head) for head in heads),
        *(_column(lang, key) for key, _ in batches),
    ]
    rows = []
    for project in answer.projects:
        placed = [Cell(_placed(lang, batch, project, names)) for _, batch in batches]
        rows.append([*_project(answer, project, names, lang), *placed])
    return Table("projects", word(lang, "reviewdoc_table.projects"), columns, rows)


def gates_table(
    projects: Sequence[Judged], names: _Names, lang: str, *, whose: bool = True
) -> Table:
    """A row a rule, with its value beside its threshold and its source."""
    heads = ("gate", "clause", "verdict", "of_project", "threshold", "unit", "source", "then")
    rows = [
        [*told, *_gate(lang, gate)]
        for project, told in each(projects, names, whose)
        for gate in project.gates
    ]
    return detail(lang, "gates", heads, rows, whose=whose)


def heads_table(project: Judged, lang: str) -> Table:
    """The five heads of a project, each at most its weight."""
    rows = [
        [Cell(term(lang, "head", h.head)), Cell(_head(lang, h), digits=1), Cell(h.weight, digits=0)]
        for h in project.heads
    ]
    return detail(lang, "heads", ("head", "points", "weight"), rows)


def items_table(
    answer: MeetingAnswer,
    projects: Sequence[Judged],
    names: _Names,
    lang: str,
    *,
    whose: bool = True,
) -> Table:
    """Every indicator with what it is worth; under an item of experts what each of them gave."""
    heads = (
        "head", "indicator", "kind", "who", "given", "unit", "benchmark", "points", "low", "high",
        "weight", "note",
    )  # fmt: skip
    people = say.people(answer)
    rows = [
        [*told, *row]
        for project, told in each(projects, names, whose)
        for head in project.heads
        for item in head.items
        for row in _items(lang, project, item, people)
    ]
    return detail(lang, "items", heads, rows, whose=whose)


def record_table(project: Judged, lang: str) -> Table:
    """Declared numbers beside the kept share of earlier promises and both multiplied."""
    rows = [
        [
            Cell(field_name(lang, row.field)),
            Cell(row.declared, digits=1),
            Cell(f"{100 * row.kept:.1f}%"),
            Cell(row.value, digits=1),
        ]
        for row in (project.discounted.rows if project.discounted else ())
    ]
    return detail(lang, "record", ("field", "declared", "kept", "discounted"), rows)


def batch_table(answer: MeetingAnswer, chosen: Batch | None, names: _Names, lang: str) -> Table:
    """The best batch beside the panel's: worth, how many projects, what is used beyond free."""
    batches = [(key, b) for key, b in (("best", answer.batch), ("chosen", chosen)) if b is not None]
    rows = [
        [
            Cell(word(lang, f"reviewdoc_head.{key}")),
            Cell(batch.value, digits=3),
            Cell(len(batch.chosen), digits=0),
            Cell(word(lang, "text.yes" if batch.proven else "text.no") if key == "best" else ""),
            Cell(_overfilled(lang, batch, names)),
        ]
        for key, batch in batches
    ]
    return detail(lang, "batch", ("choice", "value", "projects", "proven", "overfilled"), rows)


def detail(
    lang: str,
    id: str,
    heads: Sequence[str],
    rows: Sequence[Sequence[Cell]],
    *,
    whose: bool = False,
) -> Table:
    """A table of details under its heads; `whose` = its rows begin with project and park."""
    every = [*_WHOSE, *heads] if whose else heads
    columns = [_column(lang, head) for head in every]
    return Table(id, word(lang, f"reviewdoc_table.{id}"), columns, rows)


def each(
    projects: Sequence[Judged], names: _Names, whose: bool
) -> Iterator[tuple[Judged, list[Cell]]]:
    """Each project with the cells that say which it is, none unless `whose`."""
    for project in projects:
        told = [Cell(project.name), Cell(names.get(project.park, project.park))]
        yield project, told if whose else []


def _column(lang: str, head: str) -> Column:
    kind: _Kind = "number" if head in _NUMBERS or head in HEADS else "text"
    if head in HEADS:
        return Column(term(lang, "head", head), kind)
    if head.startswith("gate_"):
        return Column(term(lang, "gate", head.removeprefix("gate_")), kind)
    return Column(word(lang, f"reviewdoc_head.{head}"), kind)


def _project(answer: MeetingAnswer, project: Judged, names: _Names, lang: str) -> list[Cell]:
    none, comma = word(lang, "text.no_data"), word(lang, "text.comma")
    people = say.people(answer)
    low, high = project.interval or (None, None)
    heads = {head.head: head for head in project.heads}
    majority = project.majority
    return [
        Cell(project.name),
        Cell(project.applicant or none),
        Cell(names.get(project.park, project.park)),
        Cell(term(lang, "route", project.track) if project.track else none),
        Cell(project.standard or none),
        *(Cell(_gates(lang, project, gate)) for gate in GATES),
        *(Cell(_head(lang, heads[h]) if h in heads else none, digits=1) for h in HEADS),
        *(Cell(none if x is None else x, digits=1) for x in (project.score, low, high)),
        Cell(_priority(lang, project, names)),
        Cell(say.rule_text(lang, project, names)),
        Cell(say.outcome_text(lang, project, names)),
        Cell(project.reason),
        Cell(term(lang, "outcome", majority) if majority else word(lang, "reviewdoc.no_majority")),
        Cell(say.votes_text(lang, project.ballots)),
        Cell(project.quorum, digits=0),
        Cell(comma.join(say.dissent_text(lang, ballot, people) for ballot in project.dissent)),
        Cell(comma.join(say.condition_text(lang, c) for c in project.conditions)),
        Cell(
            comma.join(
                word(lang, "reviewdoc.because", what=people.get(r.member, r.member),
                     why=say.recusal_text(lang, r, names))
                for r in project.recused
            )
        ),
    ]  # fmt: skip


def _priority(lang: str, project: Judged, names: _Names) -> str:
    if project.closes is None:
        return word(lang, "text.no_data")
    return say.priority_text(lang, project, names) or word(lang, "text.no")


def _gates(lang: str, project: Judged, gate: str) -> str:
    """The worst verdict of a gate's rules, with the rules it comes from."""
    rules = [g for g in project.gates if g.gate == gate]
    if not rules:
        return word(lang, "reviewdoc.no_rules" if project.gates else "text.no_data")
    for verdict in ("fail", "unknown"):
        found = [say.gate_name(lang, g) for g in rules if g.verdict == verdict]
        if found:
            listed = word(lang, "text.comma").join(found)
            return word(lang, "reviewdoc.because", what=verdict_text(lang, verdict), why=listed)
    return verdict_text(lang, "pass")


def verdict_text(lang: str, verdict: str) -> str:
    """A verdict; what is unknown is to be checked by somebody."""
    return (
        word(lang, "precheck.to_check") if verdict == "unknown" else term(lang, "verdict", verdict)
    )


def _gate(lang: str, gate: Gate) -> list[Cell]:
    said = [fix_words(lang, fix) for fix in gate.fixes]
    if gate.near:
        said.insert(0, word(lang, "precheck.near"))
    return [
        Cell(term(lang, "gate", gate.gate)),
        Cell(say.gate_name(lang, gate)),
        Cell(verdict_text(lang, gate.verdict)),
        Cell(_measure(lang, gate.value, counts=gate.gate == "minimum")),
        Cell(_measure(lang, gate.threshold, counts=False)),
        Cell(gate.unit),
        Cell(gate.source),
        Cell(word(lang, "reviewdoc.semicolon").join(said)),
    ]


def _measure(lang: str, value: float | str | None, *, counts: bool) -> str:
    """A value of a gate; none is unknown only where the rule `counts` something."""
    if value is None:
        return word(lang, "text.no_data") if counts else ""
    return term(lang, "route", value) if isinstance(value, str) else say.number_text(value)


def _head(lang: str, head: Head) -> str | float:
    if head.points is not None:
        return head.points
    return say.points_text(lang, None, (head.low, head.high))


def _items(
    lang: str, project: Judged, item: Item, people: Mapping[str, str]
) -> Iterator[list[Cell]]:
    none = word(lang, "text.no_data")
    whose = "panel" if item.kind == "expert" else "program"
    about = [
        Cell(term(lang, "head", item.head)),
        Cell(item.name),
        Cell(term(lang, "precheck_kind", item.kind)),
    ]
    yield [
        *about,
        Cell(word(lang, f"reviewdoc_by.{whose}")),
        Cell(none if item.value is None else item.value),
        Cell(item.unit),
        Cell("" if item.benchmark is None else item.benchmark),
        Cell(none if item.points is None else item.points),
        Cell(item.low),
        Cell(item.high),
        Cell(item.weight, digits=0 if float(item.weight).is_integer() else 1),
        Cell(_note(lang, item)),
    ]
    for card in project.cards if item.kind == "expert" else ():
        if item.id in card.points:
            said = "" if card.member in project.judges else word(lang, "reviewdoc.not_counted")
            name, given = Cell(people.get(card.member, card.member)), card.points[item.id]
            yield [*about, name, Cell(given, digits=0), *[Cell("")] * 6, Cell(said)]


def _note(lang: str, item: Item) -> str:
    if item.missing:
        if item.kind != "computed":
            return word(lang, f"precheck_missing.{item.kind}")
        fields = word(lang, "text.comma").join(field_name(lang, name) for name in item.missing)
        return word(lang, "reviewdoc.missing", fields=fields)
    return word(lang, "reviewdoc.dispersed") if item.dispersed else ""


def _placed(lang: str, batch: Batch, project: Judged, names: _Names) -> str:
    wanted = project.project or project.id
    found = next((at.park for at in batch.chosen if at.project == wanted), None)
    return word(lang, "reviewdoc.not_chosen") if found is None else names.get(found, found)


def _overfilled(lang: str, batch: Batch, names: _Names) -> str:
    told = [
        word(
            lang, f"reviewdoc_over.{use.what}", park=names.get(use.park, use.park),
            over=say.number_text(use.over),
        )
        for use in batch.overfilled
    ]  # fmt: skip
    return word(lang, "text.comma").join(told) or word(lang, "reviewdoc.none")

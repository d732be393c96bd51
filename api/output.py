"""Answers as tables for a terminal."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import typer
from rich.console import Console
from rich.table import Table

from api.doctor import Diagnosis
from api.importing import report_json
from graph.analysis.answers import FitAnswer, GapsAnswer, RankAnswer, SegmentAnswer
from graph.model import LABELS
from graph.store.base import Stats
from graph.store.copy import Verification
from ingest.report import ImportReport
from viz.fit import failed_rules
from viz.sentences import path_text, reason_text
from viz.words import term, word

__all__ = [
    "show_doctor",
    "show_fit",
    "show_gaps",
    "show_import",
    "show_rank",
    "show_sentences",
    "show_stats",
    "show_verification",
]

ERRORS_SHOWN = 50

_out = Console()
_err = Console(stderr=True)


def show_gaps(answer: GapsAnswer, names: Mapping[str, str], lang: str) -> None:
    """The gap list, then what should be verified first."""
    rows = {s.segment: s for s in answer.segments}
    table = _table(lang, "segment", "type", "severity", "interval", "flags", "path")
    for id_ in answer.gaps:
        table.add_row(*_gap_row(rows[id_], names, lang, answer.question.direction))
    _notes(answer.notes, lang)
    _out.print(table)
    _out.print(word(lang, "cli.total", total=f"{answer.total:.4f}", gaps=len(answer.gaps)))
    if answer.to_verify:
        shown = "、".join(names[v.segment] for v in answer.to_verify[:20])
        _out.print(word(lang, "cli.to_verify", n=len(answer.to_verify), names=shown))


def show_rank(answer: RankAnswer, names: Mapping[str, str], lang: str) -> None:
    """The ranking with one reason each."""
    table = _table(lang, "rank", "name", "kind", "score", "interval", "reason")
    for place, c in enumerate(answer.candidates, 1):
        reason = reason_text(lang, c, answer.question, names, {})
        table.add_row(
            str(place),
            c.name,
            term(lang, "kind", c.kind),
            f"{c.score:.4f}",
            _ends(c.interval),
            reason,
        )
    _notes(answer.notes, lang)
    _out.print(table)
    if answer.locate_first:
        shown = "、".join(names[i] for i in answer.locate_first[:20])
        _out.print(word(lang, "cli.locate_first", n=len(answer.locate_first), names=shown))


def show_fit(answer: FitAnswer, names: Mapping[str, str], lang: str) -> None:
    """The matrix, a row a project and park."""
    table = _table(lang, "project", "park", "route", "fit", "interval", "failed")
    for cell in answer.matrix:
        table.add_row(
            names[cell.project],
            names[cell.park],
            term(lang, "route", cell.route),
            "—" if cell.fit is None else f"{cell.fit:.3f}",
            _ends(cell.interval),
            word(lang, "text.comma").join(failed_rules(lang, cell)),
        )
    _out.print(table)


def show_sentences(name: str, told: Sequence[str]) -> None:
    """An explanation, sentence by sentence."""
    _out.print(name, style="bold")
    for sentence in told:
        _out.print(sentence, highlight=False)


def show_import(report: ImportReport, lang: str, as_json: bool) -> None:
    """What an import did and every row it refused."""
    told = report_json(report, lang)
    if as_json:
        typer.echo(json.dumps(told, ensure_ascii=False, allow_nan=False))
        return
    errors = told["errors"]
    for e in errors[:ERRORS_SHOWN]:
        where = " ".join(str(e[k]) for k in ("file", "sheet", "row", "column", "header") if e[k])
        _err.print(f"{where}: {e['message']} {e['hint']}", highlight=False, markup=False)
    if len(errors) > ERRORS_SHOWN:
        _err.print(word(lang, "cli.more_errors", n=len(errors) - ERRORS_SHOWN))
    for note in told["notes"]:
        _err.print(note, highlight=False, markup=False)
    key = "cli.dry_run" if report.dry_run else f"cli.{report.status}"
    counts = {k: told[k] for k in ("created", "updated", "unchanged", "rejected", "seconds")}
    _out.print(word(lang, key, **counts))


def show_doctor(found: Diagnosis, lang: str) -> None:
    """Every check with what to do about it."""
    for check in found.checks:
        mark = "✓" if check.ok else "✗"
        _out.print(f"{mark} {term(lang, 'doctor', check.name)}  {check.detail}", markup=False)
        if check.hint:
            _out.print(f"   {check.hint}", markup=False)


def show_stats(found: Stats, lang: str) -> None:
    """Counts by label and type."""
    table = _table(lang, "what", "count")
    for group, counts in (("label", found.nodes), ("relation", found.relations)):
        for name, n in counts.items():
            table.add_row(term(lang, group, name), str(n))
    _out.print(table)
    _out.print(word(lang, "cli.stats", revision=found.revision, hash=found.hash))


def show_verification(found: Verification, lang: str) -> None:
    """Rows and hashes of both stores, label by label, and the first difference."""
    table = _table(lang, "what", "first", "second", "same")
    for part in found.parts:
        group = "label" if part.name in LABELS else "relation"
        mark = "✓" if part.hashes[0] == part.hashes[1] else "✗"
        table.add_row(term(lang, group, part.name), *map(str, part.rows), mark)
    _out.print(table)
    for which in found.stale:
        _out.print(word(lang, f"cli.stale_{which}"), style="bold red")
    if found.difference:
        told = {"part": found.difference.part, "identity": found.difference.identity}
        _out.print(word(lang, "cli.differs", **told), style="bold red", markup=False)
    elif found.equal:
        _out.print(word(lang, "cli.equal"))


def _gap_row(s: SegmentAnswer, names: Mapping[str, str], lang: str, direction: str) -> list[str]:
    return [
        s.name,
        term(lang, "type", s.type),
        "—" if s.severity is None else f"{s.severity:.4f}",
        _ends(s.interval),
        "、".join(term(lang, "flag", f) for f in s.flags),
        path_text(s.path, names, direction),
    ]


def _ends(interval: tuple[float, float] | None) -> str:
    return "—" if interval is None else f"{interval[0]:.4f}–{interval[1]:.4f}"


def _notes(notes: Sequence[str], lang: str) -> None:
    for note in notes:
        _err.print(term(lang, "note", note), style="yellow")


def _table(lang: str, *columns: str) -> Table:
    table = Table()
    for name in columns:
        table.add_column(word(lang, f"cli.col_{name}"))
    return table

"""`lianzhu review …`: the sample meeting, and what a meeting came to: shown, replayed, exported."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from api.auditing import exported
from api.command import AsJson, StoreUrl, command_line, err, print_json, worded
from api.desk import Desk
from api.replaying import replayed
from api.reviewing import batches, standards_at
from api.settings import Settings
from graph.analysis.answers import as_json
from graph.analysis.meeting_effect import Batches
from graph.errors import LianzhuError, NotFound
from graph.review.account import MeetingAnswer, account
from graph.review.batch import Batch
from graph.review.meeting import SEALED, Meeting
from graph.review.sight import seen_by_secretary
from graph.review.standard import Standard
from ingest.samples import load_sample
from records import meetings
from records.database import Records
from viz import review_words as say
from viz.words import message, term, word

__all__ = ["app"]

app = typer.Typer(help="准入评审 / admission review", no_args_is_help=True)

SAMPLE_STORE = "sqlite:///var/sample.db"
Id = Annotated[str, typer.Argument(metavar="ID", help="会议编号或 latest / id, or latest")]
OfSample = Annotated[
    bool, typer.Option("--sample/--no-sample", help="示例的记录 / the sample's records")
]


@dataclass(frozen=True)
class _At:
    """Where a command works: settings, graph, records and the standards in force."""

    settings: Settings
    desk: Desk
    records: Records
    standards: Sequence[Standard]

    @property
    def lang(self) -> str:
        return self.settings.lang


@app.command()
def demo(store: StoreUrl = None, as_json_: AsJson = False) -> None:
    """演示 / play the sample meeting from the applications to the published decisions."""
    from api.rehearsal import play

    started = monotonic()
    with _at(store, sample=True, load=True) as at:
        with err.status(word(at.lang, "review_cli.playing")), _silent():
            made = play(at.records, at.desk, at.standards, date.today())
        seconds = round(monotonic() - started, 3)
        if as_json_:
            return print_json({"session": made.id, "seconds": seconds})
        typer.echo(word(at.lang, "review_cli.played", session=made.id, seconds=seconds))
    return None


@app.command()
def show(
    id_: Id, store: StoreUrl = None, sample: OfSample = False, as_json_: AsJson = False
) -> None:
    """结果 / what a meeting came to: gates, points, decisions, conditions, dissent."""
    with _at(store, sample=sample) as at:
        answer, chosen = _answered(at, _meeting(at.records, id_))
        if as_json_:
            told = {**_object(as_json(answer)), "chosen": as_json(chosen)}
            return print_json(json.loads(json.dumps(told, default=date.isoformat)))
        _show(answer, at)
    return None


@app.command()
def replay(
    id_: Id, store: StoreUrl = None, sample: OfSample = False, as_json_: AsJson = False
) -> None:
    """复算 / does a second computation give the same, and is the document the one that was kept?"""
    with _at(store, sample=sample) as at:
        with _silent():
            found = replayed(at.records, at.desk, at.standards, _id(at.records, id_))
        if as_json_:
            print_json(as_json(found))
        elif found.equal:
            typer.echo(word(at.lang, "review_cli.equal"))
        else:
            typer.echo(word(at.lang, "review_cli.unequal", n=len(found.differences)))
            for one in found.differences:
                typer.echo(f"- {_difference(at.lang, one)}")
    raise typer.Exit(0 if found.equal else 1)


@app.command("export")
def export_(
    id_: Id,
    out: Annotated[Path, typer.Option("--out", help="文件夹 / folder")],
    format_: Annotated[str, typer.Option("--format", help="docx,xlsx,pdf")] = "docx,xlsx",
    force: Annotated[bool, typer.Option("--force", help="覆盖 / overwrite")] = False,
    store: StoreUrl = None,
    sample: OfSample = False,
    as_json_: AsJson = False,
) -> None:
    """文书 / write opinions and minutes for Word, the score sheet for Excel, or all as PDF."""
    from api.review_files import Documents, formats_named, provenance_of, write_documents

    with _at(store, sample=sample) as at:
        formats = formats_named(format_)
        meeting = _meeting(at.records, id_)
        answer, chosen = _answered(at, meeting)
        given = provenance_of(at.desk, at.records, meeting)
        made = Documents(answer, at.desk.names(), at.lang, given, chosen)
        note = partial(exported, at.records, f"meeting/{meeting.id}", format=",".join(formats),
                       file=str(out), sha256=given.sha256)  # fmt: skip
        with err.status(word(at.lang, "export.writing")):
            files = write_documents(made, at.settings, out, formats, force=force, before=note)
        if as_json_:
            return print_json({"out": str(out), "files": list(files)})
        typer.echo(word(at.lang, "review_cli.written", n=len(files), out=out))
    return None


@contextmanager
def _at(url: str | None, *, sample: bool, load: bool = False) -> Iterator[_At]:
    """Everything opened; `load` makes the sample's graph and records where they are not there."""
    with worded() as settings:
        store = settings.open_store(url or (SAMPLE_STORE if sample else ""))
        records = settings.open_records(sample=sample).acting(command_line())
        try:
            store.migrate()
            if load:
                records.migrate() if settings.accounts == "off" else records.ready()
                load_sample(store)
            desk = Desk(store, sample=sample).pinned()
            yield _At(settings, desk, records, standards_at(settings, desk))
        finally:
            records.close()
            store.close()


def _id(records: Records, given: str) -> str:
    """The id, or that of the newest meeting; raises `NotFound` where there is none."""
    return given if given != "latest" else _meeting(records, given).id


def _meeting(records: Records, given: str) -> Meeting:
    if given != "latest":
        return meetings.get(records, given)
    newest = next(iter(meetings.all_of(records)), None)
    if newest is None:
        raise NotFound("unknown_meeting", meeting=given)
    return newest


def _answered(at: _At, meeting: Meeting) -> tuple[MeetingAnswer, Batch | None]:
    """As who runs the meeting sees it, with the best batch; and the panel's choice.

    Points and batches say how the panel judged, so there are none before sealing.
    """
    sealed = meeting.state in SEALED
    masked = seen_by_secretary(meeting)
    made = _batches(at, masked) if sealed else None
    if made is None:
        return account(masked, lambda _: sealed), None
    return account(masked, lambda _: sealed, made.best, made.effect), made.panel


def _batches(at: _At, meeting: Meeting) -> Batches | None:
    """Both, or none and why on stderr: the graph may no longer know a park or project."""
    try:
        with _silent():
            return batches(at.desk, meeting)
    except LianzhuError as error:
        told = message(at.lang, error.code, error.facts)
        err.print(word(at.lang, "review_cli.no_batch", reason=told.text), highlight=False)
        return None


@contextmanager
def _silent() -> Iterator[None]:
    """Nothing on stdout: the solver has a line of its own that would stand before the JSON."""
    sys.stdout.flush()
    kept, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 1)
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)


def _show(answer: MeetingAnswer, at: _At) -> None:
    out, names = Console(), at.desk.names()
    table = Table()
    for head in ("project", "park", "track", "score", "rule", "outcome", "votes"):
        table.add_column(word(at.lang, f"reviewdoc_head.{head}"))
    for project in answer.projects:
        table.add_row(
            project.name,
            names[project.park],
            term(at.lang, "route", project.track) if project.track else "—",
            say.points_text(at.lang, project.score, project.interval),
            say.rule_text(at.lang, project, names),
            say.outcome_text(at.lang, project, names),
            say.votes_text(at.lang, project.ballots),
        )
    state = word(at.lang, f"review_cli_state.{answer.state}")
    out.print(answer.title, style="bold", markup=False)
    out.print(word(at.lang, "review_cli.about", session=answer.session, state=state))
    out.print(table)


def _difference(lang: str, code: str) -> str:
    kind, _, about = code.partition(":")
    return word(lang, f"review_cli_difference.{kind}", about=about)


def _object(value: object) -> dict[str, Any]:
    assert isinstance(value, dict)
    return value

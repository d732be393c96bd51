"""`lianzhu graph …`: counts, copies, proofs, backups, and scores for a Neo4j user to look at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from api.annotating import annotate as write_marks
from api.auditing import audited
from api.backups import Outdated, prune, told, write_backup
from api.command import (
    AsJson,
    AsOf,
    ChainId,
    DirectionName,
    Leader,
    ProximityName,
    Region,
    SchemeName,
    StoreUrl,
    WorldName,
    at_records,
    err,
    opened,
    print_json,
    question_of,
)
from api.output import show_stats, show_verification
from graph.analysis.answers import as_json
from graph.store import copy as moving
from graph.store.base import GraphStore
from records.engine import shown
from viz.words import word

__all__ = ["app", "moving_bar"]

app = typer.Typer(help="图谱 / the chain graph", no_args_is_help=True)
_out = Console()

Other = Annotated[str, typer.Argument(help="图谱地址 / store")]
File = Annotated[Path, typer.Argument(help="备份文件 / backup file")]


@app.command()
def stats(store: StoreUrl = None, as_json_: AsJson = False) -> None:
    """统计 / counts, revision and content hash."""
    with opened(store) as (desk, settings):
        found = desk.store.stats()
        if as_json_:
            return print_json(as_json(found))
        show_stats(found, settings.lang)
    return None


@app.command()
def copy(
    source: Annotated[str, typer.Option("--from", help="从哪里 / from this store")],
    target: Annotated[str, typer.Option("--to", help="到哪里,必须是空的 / to this empty store")],
    as_json_: AsJson = False,
) -> None:
    """复制 / copy a graph from one store to another, on either engine."""
    with (
        opened(source) as (origin, settings),
        opened(target) as (desk, _),
        at_records(settings) as records,
        moving_bar() as progress,
        audited(records, "graph.copy", shown(target), source=shown(source)) as intent,
    ):
        found = moving.copy(origin.store, desk.store, progress)
        intent.facts |= {"revision": found.revision, "hash": found.hash}
        if as_json_:
            return print_json(as_json(found))
        show_stats(found, settings.lang)
    return None


@app.command()
def verify(
    first: Other,
    second: Annotated[
        str | None, typer.Argument(help="另一个图谱;不写就只核对自身 / another store, or itself")
    ] = None,
    as_json_: AsJson = False,
) -> None:
    """核对 / do two stores hold the same, row by row, and what their own hashes say?"""
    with (
        opened(first) as (a, settings),
        opened(second or first) as (b, _),
        moving_bar() as progress,
    ):
        found = moving.verify(a.store, b.store, progress)
        if as_json_:
            print_json(as_json(found))
        else:
            show_verification(found, settings.lang)
    raise typer.Exit(0 if found.equal else 1)


@app.command()
def backup(
    file: Annotated[
        Path | None, typer.Argument(help="备份文件或文件夹 / file, or folder for a dated one")
    ] = None,
    keep: Annotated[
        int | None,
        typer.Option(min=1, help="只留最近几天的备份 / delete dated ones older than DAYS"),
    ] = None,
    store: StoreUrl = None,
    as_json_: AsJson = False,
) -> None:
    """备份 / write the graph to a file, while others go on working."""
    with (
        opened(store) as (desk, settings),
        at_records(settings) as records,
        moving_bar() as progress,
        audited(
            records, "graph.backup", shown(store or settings.graph_url), file=str(file or "")
        ) as intent,
    ):
        now = datetime.now()
        path = _written(desk.store, file, Path(settings.backup_dir), now, progress)
        found = moving.backup_stats(path)
        intent.facts |= told(path)
        # An empty store is more likely a wrong address than a reason to delete what was good.
        outdated = bool(keep) and found.revision > 0
        old = prune(path.parent, keep or 0, now, path) if outdated else Outdated([], [])
        intent.facts["deleted"] = list(old.deleted)
        if as_json_:
            return print_json({**asdict(found), "file": str(path), **asdict(old)})
        _out.print(word(settings.lang, "cli.backed_up", file=path, revision=found.revision))
        if old.deleted:
            _out.print(word(settings.lang, "guide.pruned", names=" ".join(old.deleted)))
        if old.left:
            err.print(word(settings.lang, "guide.not_pruned", names=" ".join(old.left)))
    return None


def _written(
    store: GraphStore, file: Path | None, folder: Path, now: datetime, progress: moving.Progress
) -> Path:
    """A backup as a file, or under a dated name in a folder."""
    if file is None or file.is_dir():
        return write_backup(store, file or folder, now, progress)
    moving.backup(store, file, progress)
    return file


@app.command()
def restore(file: File, store: StoreUrl = None, as_json_: AsJson = False) -> None:
    """恢复 / fill an empty store from a backup, and prove that it is the same."""
    with (
        opened(store) as (desk, settings),
        at_records(settings) as records,
        moving_bar() as progress,
        audited(
            records, "graph.restore", file.name, store_url=shown(store or settings.graph_url)
        ) as intent,
    ):
        found = moving.restore(file, desk.store, progress)
        intent.facts |= {"revision": found.revision, "hash": found.hash}
        if as_json_:
            return print_json(as_json(found))
        show_stats(found, settings.lang)
    return None


@app.command()
def annotate(
    leader: Leader = None,
    chain: ChainId = None,
    region: Region = None,
    as_of: AsOf = None,
    scheme: SchemeName = "balanced",
    world: WorldName = "open",
    proximity: ProximityName = "nested",
    direction: DirectionName = "up",
    clear: Annotated[bool, typer.Option(help="只清除标注 / only remove them")] = False,
    store: StoreUrl = None,
    as_json_: AsJson = False,
) -> None:
    """标注 / write severities and scores as properties, to be seen in Neo4j Browser."""
    asked = question_of(leader, chain, region, as_of, scheme, world, proximity, direction)
    with (
        opened(store) as (desk, settings),
        at_records(settings) as records,
        audited(records, "graph.annotate", shown(store or settings.graph_url)) as intent,
    ):
        found = write_marks(desk, None if clear else asked)
        intent.facts |= vars(found)
        if as_json_:
            return print_json(as_json(found))
        counts = {"segments": found.segments, "candidates": found.candidates}
        _out.print(word(settings.lang, "cli.annotated", **counts, revision=found.revision))
    return None


@contextmanager
def moving_bar() -> Iterator[Callable[[int, int], None]]:
    """A bar on stderr that fills while rows move."""
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)

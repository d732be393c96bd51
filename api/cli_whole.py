"""`lianzhu backup` and `lianzhu restore`: graph, records and attachments together."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from api.backups import WHOLE, Outdated, dated, prune, write_whole
from api.cli_graph import moving_bar
from api.command import AsJson, StoreUrl, at_records, err, opened, print_json
from api.settings import Settings
from records.restoring import Restored, restore
from records.whole import Whole, Zone, back_up
from viz.words import word

__all__ = ["backup", "restore_all"]

_out = Console()


def backup(
    target: Annotated[
        Path | None,
        typer.Argument(help="新文件夹,或 .zip 文件 / a new folder, or a file that ends in .zip"),
    ] = None,
    keep: Annotated[
        int | None,
        typer.Option(min=1, help="只留最近几天的备份 / delete dated ones older than DAYS"),
    ] = None,
    store: StoreUrl = None,
    as_json_: AsJson = False,
) -> None:
    """整份备份 / back up graph, records and attachments, while others go on working."""
    with _zone(store) as (zone, settings), moving_bar() as progress:
        now = datetime.now()
        if target is None:
            path, whole = write_whole(zone, Path(settings.backup_dir), now, progress)
        else:
            path, whole = target, back_up(zone, target, progress)
        # Where the graph is empty the address is more likely wrong than the old backups.
        outdated = bool(keep) and whole.graph.revision > 0 and not whole.lost
        old = Outdated([], [])
        if outdated and path.name.startswith(WHOLE):
            old = prune(path.parent, keep or 0, now, path)
        _show_backup(path, whole, old, settings.lang, as_json_)
    if whole.lost:
        raise typer.Exit(1)


def restore_all(
    source: Annotated[Path, typer.Argument(help="备份的文件夹或 .zip / folder or .zip")],
    replace: Annotated[
        bool,
        typer.Option(
            "--replace", help="先另存现在的,再替换 / back up what is there, then replace it"
        ),
    ] = False,
    store: StoreUrl = None,
    as_json_: AsJson = False,
) -> None:
    """整份恢复 / bring graph, records and attachments back, and prove that they are the same."""
    with _zone(store) as (zone, settings), moving_bar() as progress:
        folder, now = Path(settings.backup_dir), datetime.now()
        keep = (lambda: dated(folder, now, WHOLE)) if replace else None
        found = restore(source, zone, progress, keep=keep)
        _show_restored(found, settings.lang, as_json_)


@contextmanager
def _zone(store: str | None) -> Iterator[tuple[Zone, Settings]]:
    with opened(store) as (desk, settings), at_records(settings) as records:
        yield Zone(desk.store, records, settings.files()), settings


def _show_backup(path: Path, whole: Whole, old: Outdated, lang: str, as_json: bool) -> None:
    if as_json:
        told = {**asdict(whole), "records": whole.records, "rows": whole.rows}
        print_json({**told, "file": str(path), **asdict(old)})
    else:
        facts = {"rows": whole.rows, "files": whole.attachments, "revision": whole.graph.revision}
        _out.print(word(lang, "whole_cli.made", path=path, **facts), markup=False, soft_wrap=True)
        _hashes(lang, whole.graph.hash, whole.records, whole.head.seq)
    if old.deleted and not as_json:
        _out.print(word(lang, "guide.pruned", names=" ".join(old.deleted)))
    if old.left:
        err.print(word(lang, "guide.not_pruned", names=" ".join(old.left)))
    if whole.lost:
        names = " ".join(sha256[:12] for sha256 in whole.lost)
        err.print(word(lang, "whole_cli.lost", n=len(whole.lost), names=names), style="bold red")


def _show_restored(found: Restored, lang: str, as_json: bool) -> None:
    if as_json:
        told = {**asdict(found), "kept": str(found.kept) if found.kept else None}
        return print_json({**told, "proven": True})
    facts = {"rows": found.whole.rows, "files": found.attachments}
    _out.print(word(lang, "whole_cli.restored", revision=found.whole.graph.revision, **facts))
    _hashes(lang, found.graph, found.records, found.audit.seq)
    if found.kept:
        kept = word(lang, "whole_cli.kept", path=found.kept)
        _out.print(kept, markup=False, soft_wrap=True)
    if found.gone:
        err.print(word(lang, "whole_cli.gone", n=found.gone), style="bold yellow")
    return None


def _hashes(lang: str, graph: str, records: str, entries: int) -> None:
    _out.print(
        word(lang, "whole_cli.hashes", graph=graph, records=records, entries=entries),
        soft_wrap=True,
        highlight=False,
    )

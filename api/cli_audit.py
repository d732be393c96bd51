"""`lianzhu audit …`: whether the audit holds."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from api.auditing import left_open
from api.command import AsJson, StoreUrl, err, print_json, worded
from api.settings import Settings
from records.database import Records
from records.trail import Checked, check
from viz.audit import held_text, open_text

__all__ = ["app"]

app = typer.Typer(help="审计 / the audit", no_args_is_help=True)

OfSample = Annotated[bool, typer.Option("--sample", help="示例园区的记录 / the sample's records")]


@app.callback()
def audit() -> None:
    """审计 / the audit."""


@app.command()
def verify(store: StoreUrl = None, sample: OfSample = False, as_json_: AsJson = False) -> None:
    """核对 / does every entry follow from the one before, and agree with the copied heads?"""
    with worded() as settings:
        records = settings.open_records(sample=sample)
        try:
            found = check(records)
            _show(found, settings, as_json_)
            _warn(records, settings, store, sample)
        finally:
            records.close()
    raise typer.Exit(0 if found.verdict.ok else 1)


def _show(found: Checked, settings: Settings, as_json_: bool) -> None:
    from api.routers.audit import held  # with the whole of the pages

    if as_json_:
        print_json(asdict(found.verdict))
    else:
        typer.echo(held_text(settings.lang, held(found)))


def _warn(records: Records, settings: Settings, store: str | None, sample: bool) -> None:
    """Name what was begun and never finished."""
    from api.routers.audit import open_row

    url = store or ("sqlite:///var/sample.db" if sample else settings.graph_url)
    graph = settings.open_store(url)
    try:
        for one in left_open(records, graph):
            err.print(open_text(settings.lang, open_row(one)), highlight=False, markup=False)
    finally:
        graph.close()

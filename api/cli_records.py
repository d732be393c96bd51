"""`lianzhu records …`: the database of lists, accounts and the audit."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from api.command import AsJson, command_line, print_json, worded
from graph.analysis.answers import as_json
from records.tidy import Tidied
from records.tidy import tidy as clean
from viz.words import word

__all__ = ["app"]

app = typer.Typer(help="记录库 / the records", no_args_is_help=True)

OfSample = Annotated[bool, typer.Option("--sample", help="示例园区的记录 / the sample's records")]


@app.callback()
def records() -> None:
    """记录库 / the records."""


@app.command()
def migrate(sample: OfSample = False, as_json_: AsJson = False) -> None:
    """升级记录库 / bring the records to the version this program needs."""
    with worded() as settings:
        records = settings.open_records(sample=sample).acting(command_line())
        try:
            has, needs = records.migrate()
            product = records.product()
        finally:
            records.close()
        if as_json_:
            return print_json({"from": has, "to": needs, "product": product})
        typer.echo(_sentence(settings.lang, has, needs, product))
    return None


def _sentence(lang: str, has: str | None, needs: str, product: str) -> str:
    if has is None:
        return word(lang, "records_cli.made", needs=needs, product=product)
    if has == needs:
        return word(lang, "records_cli.current", needs=needs, product=product)
    return word(lang, "records_cli.moved", has=has, needs=needs, product=product)


@app.command()
def tidy(
    dry_run: Annotated[bool, typer.Option(help="只看不删 / count only")] = False,
    sample: OfSample = False,
    as_json_: AsJson = False,
) -> None:
    """清理 / delete attachments nobody names, sessions that are over and the like."""
    with worded() as settings:
        records = settings.open_records(sample=sample)
        try:
            found = clean(
                records, settings.files(sample=sample), datetime.now(UTC), dry_run=dry_run
            )
        finally:
            records.close()
        if as_json_:
            print_json(as_json(found))
        else:
            _show(found, settings.lang, dry_run)
    raise typer.Exit(1 if found.missing else 0)


def _show(found: Tidied, lang: str, dry_run: bool) -> None:
    counts = {k: v for k, v in vars(found).items() if k not in ("bytes", "missing", "busy")}
    counts["mb"] = f"{found.bytes / (1 << 20):.1f}"
    if dry_run:
        typer.echo(word(lang, "tidy_cli.would", **counts))
    else:
        typer.echo(word(lang, "tidy_cli.done", **counts))
    if found.busy:
        typer.echo(word(lang, "tidy_cli.busy"), err=True)
    for lost in found.missing:
        facts = {"name": lost.name, "object": lost.object, "sha256": lost.sha256[:12]}
        typer.echo(word(lang, "tidy_cli.missing", **facts), err=True)

"""`lianzhu export` and `lianzhu sample`: the graph as files, and the sample zone as a folder."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from api.auditing import exported
from api.command import AsJson, StoreUrl, at_records, err, opened, print_json, worded
from graph.analysis.answers import as_json
from records.engine import shown
from viz.words import word

__all__ = ["export", "sample"]


def export(
    path: Annotated[Path, typer.Argument(help="写到哪里;csv 是文件夹 / file, or folder for csv")],
    format_: Annotated[str, typer.Option("--format", help="xlsx | graphml | gexf | csv")],
    store: StoreUrl = None,
    force: Annotated[bool, typer.Option("--force", help="覆盖 / overwrite")] = False,
    as_json_: AsJson = False,
) -> None:
    """导出 / write the graph as the documented tables, or for Gephi and networkx."""
    from api.exporting import export as write
    from api.exporting import format_named

    with opened(store) as (desk, settings), at_records(settings) as records:
        form = format_named(format_)
        told = {"format": form, "store_url": shown(store or settings.graph_url)}
        note = partial(exported, records, str(path), **told)
        with err.status(word(settings.lang, "export.writing")):
            done = write(desk, path, form, force=force, before=note)
        if as_json_:
            return print_json(as_json(done))
        typer.echo(
            word(
                settings.lang,
                "export.done",
                path=done.path,
                nodes=done.nodes,
                relations=done.relations,
                seconds=done.seconds,
            )
        )
    return None


def sample(
    out: Annotated[Path, typer.Option("--out", help="新的文件夹 / a new folder")],
    as_json_: AsJson = False,
) -> None:
    """示例 / write the sample zone as the documented folder."""
    from api.exporting import write_sample

    with worded() as settings:
        done = write_sample(out)
        if as_json_:
            return print_json(as_json(done))
        typer.echo(word(settings.lang, "export.sample", out=done.out, files=len(done.files)))
    return None

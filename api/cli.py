"""The command line: data to stdout, progress and errors to stderr, exit 0, 1, 2 or 3."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from api import cli_admin, cli_audit, cli_export, cli_graph, cli_records, cli_review, cli_whole
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
    emit,
    err,
    opened,
    print_json,
    question_of,
    worded,
)
from api.output import show_doctor, show_fit, show_gaps, show_import, show_rank, show_sentences
from graph.analysis.answers import WhyNot, as_json
from graph.errors import UsageError
from records.engine import shown
from viz.words import word

__all__ = ["app", "main"]

app = typer.Typer(help="链主 lianzhu", no_args_is_help=True, add_completion=False)
app.add_typer(cli_graph.app, name="graph")
app.add_typer(cli_audit.app, name="audit")
app.add_typer(cli_records.app, name="records")
app.add_typer(cli_review.app, name="review")
app.add_typer(cli_admin.app, name="admin")
app.command()(cli_export.export)
app.command()(cli_export.sample)
app.command()(cli_whole.backup)
app.command("restore")(cli_whole.restore_all)


@app.command("import")
def import_(
    paths: Annotated[
        list[Path] | None, typer.Argument(help="文件或文件夹 / files or folder")
    ] = None,
    store: StoreUrl = None,
    dry_run: Annotated[bool, typer.Option(help="只检查不写入 / check only")] = False,
    skip_invalid: Annotated[bool, typer.Option(help="跳过错误行 / skip bad rows")] = False,
    undo: Annotated[bool, typer.Option(help="撤销最近一次导入 / take back the last")] = False,
    template: Annotated[Path | None, typer.Option(help="写出 Excel 模板 / write template")] = None,
    as_json_: AsJson = False,
) -> None:
    """导入表格 / load tables into the chain graph."""
    from api.auditing import undoing
    from api.importing import import_files
    from ingest.template import write_template

    if template is not None:
        write_template(template)
        return print_json({"template": str(template)}) if as_json_ else typer.echo(template)
    with opened(store) as (desk, settings), at_records(settings) as records:
        if undo:
            emit(undoing(records, desk.store)(), as_json_)
            return None
        if not paths:
            raise UsageError("import_needs_paths")
        with err.status(word(settings.lang, "cli.importing")):
            report = import_files(
                records,
                desk.store,
                paths,
                settings,
                dry_run=dry_run,
                skip_invalid=skip_invalid,
                store_url=shown(store or settings.graph_url),
            )
        show_import(report, settings.lang, as_json_)
    if report.status == "rejected":
        raise typer.Exit(3)
    return None


@app.command()
def gaps(
    leader: Leader = None,
    chain: ChainId = None,
    region: Region = None,
    as_of: AsOf = None,
    scheme: SchemeName = "balanced",
    world: WorldName = "open",
    proximity: ProximityName = "nested",
    direction: DirectionName = "up",
    store: StoreUrl = None,
    as_json_: AsJson = False,
) -> None:
    """缺口 / where is the chain broken?"""
    question = question_of(leader, chain, region, as_of, scheme, world, proximity, direction)
    with opened(store) as (desk, settings):
        answer = desk.gaps(question)
        if as_json_:
            return print_json(as_json(answer))
        show_gaps(answer, desk.names(), settings.lang)
    return None


@app.command()
def rank(
    leader: Leader = None,
    chain: ChainId = None,
    region: Region = None,
    as_of: AsOf = None,
    scheme: SchemeName = "balanced",
    world: WorldName = "open",
    proximity: ProximityName = "nested",
    direction: DirectionName = "up",
    top: Annotated[int | None, typer.Option(min=1, help="前 N 个 / first N")] = None,
    kind: Annotated[str, typer.Option(help="project | enterprise | expansion | all")] = "all",
    store: StoreUrl = None,
    as_json_: AsJson = False,
) -> None:
    """候选 / who could fill the gaps?"""
    question = question_of(leader, chain, region, as_of, scheme, world, proximity, direction)
    _one_of("kind", kind, ("project", "enterprise", "expansion", "all"))
    with opened(store) as (desk, settings):
        answer = desk.rank(question, top, kind)
        if as_json_:
            return print_json(as_json(answer))
        show_rank(answer, desk.names(), settings.lang)
    return None


@app.command()
def explain(
    candidate: Annotated[str, typer.Option(help="候选编号或名称 / candidate id or name")],
    leader: Leader = None,
    chain: ChainId = None,
    region: Region = None,
    as_of: AsOf = None,
    scheme: SchemeName = "balanced",
    world: WorldName = "open",
    proximity: ProximityName = "nested",
    direction: DirectionName = "up",
    store: StoreUrl = None,
    as_json_: AsJson = False,
) -> None:
    """说明 / why this score, or why not a candidate?"""
    question = question_of(leader, chain, region, as_of, scheme, world, proximity, direction)
    with opened(store) as (desk, settings):
        answer, told = desk.told(question, candidate)
        if as_json_:
            key = {"why_not": as_json(answer)} if isinstance(answer, WhyNot) else as_json(answer)
            return print_json({**key, "sentences": told})  # type: ignore[dict-item]
        show_sentences(answer.name, told[settings.lang])
    return None


@app.command()
def fit(
    project: Annotated[str, typer.Option(help="项目编号或名称 / project id or name")] = "",
    park: Annotated[str, typer.Option(help="园区编号或名称 / park id or name")] = "",
    store: StoreUrl = None,
    as_json_: AsJson = False,
) -> None:
    """适配 / which park for which project?"""
    with opened(store) as (desk, settings):
        answer = desk.fit(project, park)
        if as_json_:
            return print_json(as_json(answer))
        show_fit(answer, desk.names(), settings.lang)
    return None


@app.command()
def serve(
    store: StoreUrl = None,
    host: Annotated[str | None, typer.Option(help="监听地址 / address")] = None,
    port: Annotated[int | None, typer.Option(help="端口 / port")] = None,
    sample: Annotated[
        bool, typer.Option(help="载入示例数据(独立存储) / load the sample zone into its own store")
    ] = False,
) -> None:
    """网页 / serve the pages on this machine."""
    from api.serving import serve_app

    with worded() as settings:
        url = store or ("sqlite:///var/sample.db" if sample else settings.graph_url)
        serve_app(url, settings, host or settings.host, port or settings.port, sample=sample)


@app.command()
def doctor(store: StoreUrl = None, as_json_: AsJson = False) -> None:
    """自检 / what works on this machine?"""
    from api.doctor import examine

    with worded() as settings:
        found = examine(store or settings.graph_url, settings)
        if as_json_:
            print_json(as_json(found))
        else:
            show_doctor(found, settings.lang)
    raise typer.Exit(0 if found.ok else 1)


def main() -> None:
    """Entry point of the `lianzhu` script."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8")  # a Chinese Windows console is GBK
    app()


def _one_of(name: str, given: str, allowed: tuple[str, ...]) -> None:
    if given not in allowed:
        with worded():
            raise UsageError("bad_choice", name=name, given=given, allowed=" | ".join(allowed))

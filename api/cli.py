"""The command line: data to stdout, progress and errors to stderr, exit 0, 1, 2 or 3."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from api.desk import Desk
from api.output import show_doctor, show_gaps, show_import, show_rank, show_sentences, show_stats
from api.serving import serve_app
from api.settings import Settings, read_settings
from graph.analysis.answers import WhyNot, as_json
from graph.errors import DataError, LianzhuError, UsageError
from graph.question import Question
from viz.words import message, word

__all__ = ["app", "main"]

EXIT = {DataError: 3, UsageError: 2, LianzhuError: 1}

app = typer.Typer(help="链主 lianzhu", no_args_is_help=True, add_completion=False)
graph_app = typer.Typer(help="图谱 / the chain graph", no_args_is_help=True)
app.add_typer(graph_app, name="graph")
_err = Console(stderr=True)

StoreUrl = Annotated[
    str | None, typer.Option("--store", help="图谱地址 / store, default LIANZHU_GRAPH_URL")
]
AsJson = Annotated[bool, typer.Option("--json", help="输出 JSON / print one JSON object")]
Leader = Annotated[str | None, typer.Option(help="链主编号或名称 / leader id or name")]
ChainId = Annotated[str | None, typer.Option("--chain", help="产业链 / chain id or name")]
Region = Annotated[str | None, typer.Option(help="区域 / region, default the leader's own")]
AsOf = Annotated[str | None, typer.Option(help="数据日期 / date YYYY-MM-DD")]
SchemeName = Annotated[str, typer.Option("--scheme", help="权重方案 / weight scheme")]
WorldName = Annotated[str, typer.Option("--world", help="open | closed")]
ProximityName = Annotated[str, typer.Option("--proximity", help="nested | local")]
DirectionName = Annotated[str, typer.Option("--direction", help="up | down | both")]


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
    from api.importing import import_limits
    from ingest.pipeline import load
    from ingest.template import write_template

    if template is not None:
        write_template(template)
        return _print_json({"template": str(template)}) if as_json_ else typer.echo(template)
    with _opened(store) as (desk, settings):
        if undo:
            _emit(desk.store.undo(), as_json_)
            return None
        if not paths:
            raise UsageError("import_needs_paths")
        with _err.status(word(settings.lang, "cli.importing")):
            report = load(
                paths,
                desk.store,
                dry_run=dry_run,
                skip_invalid=skip_invalid,
                limits=import_limits(settings),
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
    question = _question(leader, chain, region, as_of, scheme, world, proximity, direction)
    with _opened(store) as (desk, settings):
        answer = desk.gaps(question)
        if as_json_:
            return _print_json(as_json(answer))
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
    question = _question(leader, chain, region, as_of, scheme, world, proximity, direction)
    _one_of("kind", kind, ("project", "enterprise", "expansion", "all"))
    with _opened(store) as (desk, settings):
        answer = desk.rank(question, top, kind)
        if as_json_:
            return _print_json(as_json(answer))
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
    question = _question(leader, chain, region, as_of, scheme, world, proximity, direction)
    with _opened(store) as (desk, settings):
        answer, told = desk.told(question, candidate)
        if as_json_:
            key = {"why_not": as_json(answer)} if isinstance(answer, WhyNot) else as_json(answer)
            return _print_json({**key, "sentences": told})  # type: ignore[dict-item]
        show_sentences(answer.name, told[settings.lang])
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
    with _worded() as settings:
        url = store or ("sqlite:///var/sample.db" if sample else settings.graph_url)
        serve_app(url, settings, host or settings.host, port or settings.port, sample=sample)


@app.command()
def doctor(store: StoreUrl = None, as_json_: AsJson = False) -> None:
    """自检 / what works on this machine?"""
    from api.doctor import examine

    with _worded() as settings:
        found = examine(store or settings.graph_url, settings)
        if as_json_:
            _print_json(as_json(found))
        else:
            show_doctor(found, settings.lang)
    raise typer.Exit(0 if found.ok else 1)


@graph_app.command("stats")
def stats(store: StoreUrl = None, as_json_: AsJson = False) -> None:
    """统计 / counts, revision and content hash."""
    with _opened(store) as (desk, settings):
        found = desk.store.stats()
        if as_json_:
            return _print_json(as_json(found))
        show_stats(found, settings.lang)
    return None


def main() -> None:
    """Entry point of the `lianzhu` script."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8")  # a Chinese Windows console is GBK
    app()


def _question(
    leader: str | None,
    chain: str | None,
    region: str | None,
    as_of: str | None,
    scheme: str,
    world: str,
    proximity: str,
    direction: str,
) -> Question:
    with _worded():
        return Question.checked(
            leader=leader,
            chain=chain,
            region=region,
            as_of=as_of,
            scheme=scheme,
            world=world,
            proximity=proximity,
            direction=direction,
        )


def _one_of(name: str, given: str, allowed: tuple[str, ...]) -> None:
    if given not in allowed:
        with _worded():
            raise UsageError("bad_choice", name=name, given=given, allowed=" | ".join(allowed))


@contextmanager
def _opened(url: str | None) -> Iterator[tuple[Desk, Settings]]:
    """A desk on the store, errors worded and turned into exit codes."""
    with _worded() as settings:
        store = settings.open_store(url or "")
        try:
            store.migrate()
            yield Desk(store), settings
        finally:
            store.close()


@contextmanager
def _worded() -> Iterator[Settings]:
    try:
        yield read_settings()
    except LianzhuError as error:
        lang = _lang()
        told = message(lang, error.code, error.facts)
        _err.print(word(lang, "cli.error", text=told.text), style="bold red", highlight=False)
        if told.hint:
            _err.print(told.hint, highlight=False)
        raise typer.Exit(next(c for kind, c in EXIT.items() if isinstance(error, kind))) from None


def _lang() -> str:
    try:
        return read_settings().lang
    except LianzhuError:
        return "zh"


def _emit(answer: object, as_json_: bool) -> None:
    _print_json(as_json(answer)) if as_json_ else typer.echo(as_json(answer))


def _print_json(value: Any) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, allow_nan=False))

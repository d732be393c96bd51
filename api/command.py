"""What the commands share: their options, the opened store, errors in words, answers as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from rich.console import Console

from api.auditing import command_line
from api.desk import Desk
from api.settings import Settings, read_settings
from graph.analysis.answers import as_json
from graph.errors import DataError, LianzhuError, UsageError
from graph.question import Question
from records.database import Records
from viz.words import message, word

__all__ = [
    "AsJson",
    "AsOf",
    "ChainId",
    "DirectionName",
    "Leader",
    "ProximityName",
    "Region",
    "SchemeName",
    "StoreUrl",
    "WorldName",
    "at_records",
    "command_line",
    "emit",
    "err",
    "opened",
    "print_json",
    "question_of",
    "worded",
]

EXIT = {DataError: 3, UsageError: 2, LianzhuError: 1}

err = Console(stderr=True)

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


def question_of(
    leader: str | None,
    chain: str | None,
    region: str | None,
    as_of: str | None,
    scheme: str,
    world: str,
    proximity: str,
    direction: str,
) -> Question:
    with worded():
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


@contextmanager
def opened(url: str | None) -> Iterator[tuple[Desk, Settings]]:
    """A desk on the store, errors worded and turned into exit codes."""
    with worded() as settings:
        store = settings.open_store(url or "")
        try:
            store.migrate()
            yield Desk(store), settings
        finally:
            store.close()


@contextmanager
def at_records(settings: Settings) -> Iterator[Records]:
    """The records, changed by whoever types."""
    records = settings.open_records().acting(command_line())
    try:
        yield records
    finally:
        records.close()


@contextmanager
def worded() -> Iterator[Settings]:
    try:
        yield read_settings()
    except LianzhuError as error:
        lang = lang_set()
        told = message(lang, error.code, error.facts)
        err.print(word(lang, "cli.error", text=told.text), style="bold red", highlight=False)
        if told.hint:
            err.print(told.hint, highlight=False)
        raise typer.Exit(next(c for kind, c in EXIT.items() if isinstance(error, kind))) from None


def lang_set() -> str:
    try:
        return read_settings().lang
    except LianzhuError:
        return "zh"


def emit(answer: object, as_json_: bool) -> None:
    print_json(as_json(answer)) if as_json_ else typer.echo(as_json(answer))


def print_json(value: Any) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, allow_nan=False))

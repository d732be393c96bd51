"""Exports: what is written, in which form, and that a file appears whole or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Literal, cast, get_args

import networkx as nx

from api.desk import Desk
from graph.errors import StoreError, UsageError
from graph.model import LABELS, Node, Ref, Rel
from graph.snapshot import Snapshot
from graph.tables import TABLES
from ingest.filling import write_xlsx
from ingest.writing import Exported, write_csv
from viz.graph_files import Ending, flat, write_graph

__all__ = [
    "FORMATS",
    "Export",
    "Format",
    "Sample",
    "export",
    "format_named",
    "shown_graph",
    "write_sample",
]

Format = Literal["xlsx", "graphml", "gexf", "csv"]
FORMATS: Sequence[str] = get_args(Format)
_ABOUT = ("Evidence", "Survey")  # labels that speak about things and are related to none


@dataclass(frozen=True)
class Export:
    """The answer of `export`."""

    path: str
    format: str
    nodes: int
    relations: int
    seconds: float


@dataclass(frozen=True)
class Sample:
    """The answer of `sample`."""

    out: str
    files: list[str]


def export(
    desk: Desk,
    path: Path,
    format: Format,
    *,
    force: bool = False,
    before: Callable[[], None] = lambda: None,
) -> Export:
    """Write the graph as the documented tables (csv, xlsx) or for graph tools (graphml, gexf).

    csv makes a folder.  `before` is called before the file appears, which it does not where that
    fails.  Raises `UsageError` for a path that is taken, unless `force`; even then a
    folder is replaced only where it holds nothing but tables.
    """
    started = monotonic()
    with _appearing(path, force, folder=format == "csv") as part:
        if format == "csv":
            part.mkdir()
            done = write_csv(desk.store, part)
        elif format == "xlsx":
            done = write_xlsx(desk.store, part)
        else:
            done = _write_graph(desk.snapshot, desk, format, part)
        before()
    seconds = round(monotonic() - started, 3)
    return Export(str(path), format, done.nodes, done.relations, seconds)


def shown_graph(desk: Desk, nodes: Sequence[Node], rels: Sequence[Rel]) -> nx.MultiDiGraph[str]:
    """What a picture shows, as `viz.graph_files.write_graph` takes it."""
    drawn: nx.MultiDiGraph[Ref] = nx.MultiDiGraph()
    for node in nodes:
        drawn.add_node(node.ref, **_unclaimed(node))
    for rel in rels:
        drawn.add_edge(rel.src, rel.dst, key=(rel.type, rel.key), **_unclaimed(rel))
    return flat(drawn, desk.names(), _sources(desk.snapshot))


def write_sample(out: Path) -> Sample:
    """Write the sample zone as the documented folder with its README.

    Raises `UsageError` for anything but a new or empty folder.
    """
    samples = files("ingest.samples")
    try:
        if out.exists() and (not out.is_dir() or any(out.iterdir())):
            raise UsageError("folder_not_empty", path=str(out))
        with _appearing(out, force=True, folder=True) as part, as_file(samples / "zone") as zone:
            part.mkdir()
            for table in sorted(p for p in zone.iterdir() if p.suffix == ".csv"):
                shutil.copyfile(table, part / table.name)
            with as_file(samples / "README.md") as readme:
                shutil.copyfile(readme, part / "README.md")
            names = sorted(p.name for p in part.iterdir())
    except OSError as error:  # an unreadable folder, say
        raise StoreError("write_failed", path=str(out), reason=str(error)) from error
    return Sample(str(out), names)


def _write_graph(snapshot: Snapshot, desk: Desk, ending: Ending, path: Path) -> Exported:
    """The whole graph but evidence and surveys, which are related to nothing."""
    refs = {
        Ref(label, id_)
        for label in LABELS
        if label not in _ABOUT
        for id_ in snapshot.nodes(label).ids
    }
    if not refs:
        raise UsageError("nothing_to_export")
    made = flat(snapshot.to_networkx(refs), desk.names(), _sources(snapshot))
    with path.open("wb") as file:
        write_graph(made, ending, file)
    return Exported(made.number_of_nodes(), made.number_of_edges())


def _sources(snapshot: Snapshot) -> dict[str, str]:
    """What each evidence record calls its source."""
    table = snapshot.nodes("Evidence")
    named = zip(table.ids, table.values("source"), strict=True)
    return {id_: str(source) for id_, source in named if source}


def _unclaimed(item: Node | Rel) -> dict[str, object]:
    return {name: value for name, value in item.props.items() if name != "claims"}


@contextmanager
def _appearing(path: Path, force: bool, *, folder: bool) -> Iterator[Path]:
    """A place beside `path` to write to; it takes its place only when everything went well."""
    _check_free(path, force, folder)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=f".{path.name[:50]}-", dir=path.parent) as beside:
            part = Path(beside) / "part"
            yield part
            if path.is_dir():
                shutil.rmtree(path)  # empty, or tables alone
            os.replace(part, path)
    except OSError as error:
        raise StoreError("write_failed", path=str(path), reason=str(error)) from error


def _check_free(path: Path, force: bool, folder: bool) -> None:
    if not path.exists():
        return
    if path.is_dir() != folder:
        raise UsageError("path_of_other_kind", path=str(path))
    held = [p.name for p in path.iterdir()] if folder else [path.name]
    if held and not force:
        raise UsageError("path_exists", path=str(path))
    strange = [name for name in held if name not in {f"{t}.csv" for t in TABLES}]
    if folder and strange:
        raise UsageError("folder_holds_more", path=str(path), names=", ".join(sorted(strange)[:5]))


def format_named(given: str) -> Format:
    """The format called so.  Raises `UsageError`."""
    if given not in FORMATS:
        raise UsageError("bad_choice", name="format", given=given, allowed=" | ".join(FORMATS))
    return cast("Format", given)

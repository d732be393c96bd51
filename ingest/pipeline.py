"""Files become one batch: the whole way in, top to bottom."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from time import monotonic

from graph.errors import FileRefused
from graph.model import Batch
from graph.store.base import Applied, GraphStore
from graph.tables import TABLES
from ingest.build import build
from ingest.columns import Grid, map_sheet, table_named
from ingest.guard import Limits, read_sheets
from ingest.preview import preview
from ingest.report import ImportReport, Note, RowError
from ingest.resolve import resolve
from ingest.rows import parse_rows
from ingest.sources import Foreign, recognise

__all__ = ["load"]

VERSION = "1"  # of how files are read: another version makes the same file another import
ENDINGS = frozenset({".csv", ".tsv", ".txt", ".xlsx", ".xlsm"})


def load(
    paths: Sequence[Path],
    store: GraphStore,
    *,
    dry_run: bool = False,
    skip_invalid: bool = False,
    limits: Limits | None = None,
) -> ImportReport:
    """Read tables and publish them as one batch, whole or not at all.

    With `skip_invalid` the rows that cannot be taken are left out and named; a foreign layout (see
    `ingest.sources`) is always read so.  Raises `FileRefused` when a file cannot be opened.
    """
    started = monotonic()
    foreign = recognise(paths)
    files = foreign.files if foreign else _files(paths)
    grids, errors, notes = _grids(files, foreign, limits or Limits())
    rows, found = parse_rows(grids)
    errors += found
    rows, found = resolve(rows, store)
    errors += found
    errors += _mixed_weights(rows)
    batch = build(rows, _key(files), "、".join(p.name for p in paths))
    if errors and not (skip_invalid or foreign):
        applied = Applied(batch.key, "rejected", store.revision(), 0, 0, 0)
    elif dry_run:
        applied = preview(batch, store)
    else:
        applied = store.apply(batch)
    return ImportReport(
        batch=applied.batch,
        status=applied.status,
        created=applied.created,
        updated=applied.updated,
        unchanged=applied.unchanged,
        rejected=len({(e.file, e.sheet, e.row) for e in errors}),
        errors=errors,
        seconds=round(monotonic() - started, 3),
        notes=notes,
        dry_run=dry_run,
    )


def _files(paths: Iterable[Path]) -> list[Path]:
    """The files to read: every table of a folder, in name order.  Raises `FileRefused`."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = [p for p in sorted(path.iterdir()) if p.suffix.lower() in ENDINGS]
            found += [
                p
                for p in inside
                if p.suffix.lower() not in (".csv", ".tsv", ".txt") or table_named(p.stem)
            ]
            if not inside:
                raise FileRefused("empty_folder", file=path.name)
        elif path.is_file():
            found.append(path)
        else:
            raise FileRefused("no_file", file=str(path))
    return found


def _grids(
    files: Sequence[Path], foreign: Foreign | None, limits: Limits
) -> tuple[list[Grid], list[RowError], list[Note]]:
    if foreign:
        grids, errors = foreign.read(limits)
        return grids, errors, [Note("foreign_layout", {"name": foreign.name})]
    grids, errors, notes = [], list[RowError](), list[Note]()
    for sheet in read_sheets(files, limits):
        grid, wrong, said = map_sheet(sheet)
        grids += [grid] if grid else []
        errors += wrong
        notes += said
    if not grids and not errors:
        known = "、".join(t.zh[0] for t in TABLES.values())
        raise FileRefused("no_table", file="、".join(p.name for p in files), known=known)
    return grids, errors, notes


def _key(files: Sequence[Path]) -> str:
    """Names and order do not matter: the same bytes read the same way are the same import."""
    digests = sorted(hashlib.sha256(p.read_bytes()).hexdigest() for p in files)
    return hashlib.sha256("|".join([VERSION, *digests]).encode()).hexdigest()


def _mixed_weights(rows: Sequence[object]) -> list[RowError]:
    from ingest.rows import Row

    kinds: dict[object, Row] = {}
    for row in rows:
        if isinstance(row, Row) and "weight_kind" in row.values:
            kinds.setdefault(row.values["weight_kind"], row)
    return [r.error("weight_kind", "mixed_weights") for r in list(kinds.values())[1:]]


def batch_rows(batch: Batch) -> int:
    """How many nodes and relations a batch holds."""
    return len(batch.nodes) + len(batch.rels)

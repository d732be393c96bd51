"""Files become one batch: the whole way in, top to bottom."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
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
from ingest.rows import Row, parse_rows
from ingest.sources import Foreign, recognise

__all__ = ["load"]

VERSION = "2"  # of how files are read: another version makes the same file another import
TEXTS = frozenset({".csv", ".tsv", ".txt"})
ENDINGS = TEXTS | {".xlsx", ".xlsm"}


def load(
    paths: Sequence[Path],
    store: GraphStore,
    *,
    dry_run: bool = False,
    skip_invalid: bool = False,
    limits: Limits | None = None,
    apply: Callable[[Batch], Applied] | None = None,
) -> ImportReport:
    """Read tables and publish them as one batch, whole or not at all.

    `apply` publishes in the place of `store.apply`.  With `skip_invalid` the rows that cannot be
    taken are left out and named; a foreign layout (see `ingest.sources`) is always read so.  Raises
    `FileRefused` when a file cannot be opened.
    """
    started = monotonic()
    foreign = recognise(paths)
    skipping = skip_invalid or foreign is not None
    files, passed_over = (foreign.files, []) if foreign else _files(paths)
    grids, errors, notes = _grids(files, foreign, limits or Limits())
    rows, found = parse_rows(grids)
    errors += found
    rows, found = resolve(rows, store)
    errors += found
    rows, found = _one_kind(rows, store)
    errors += found
    key = _key(files, errors if skipping else ())
    batch = build(rows, key, "、".join(p.name for p in paths))
    if errors and not skipping:
        applied = Applied(batch.key, "rejected", store.revision(), 0, 0, 0)
    elif dry_run:
        applied = preview(batch, store)
    else:
        applied = (apply or store.apply)(batch)
    return ImportReport(
        batch=applied.batch,
        status=applied.status,
        created=applied.created,
        updated=applied.updated,
        unchanged=applied.unchanged,
        rejected=len({(e.file, e.sheet, e.row) for e in errors}),
        errors=errors,
        seconds=round(monotonic() - started, 3),
        notes=[*passed_over, *notes],
        dry_run=dry_run,
    )


def _files(paths: Iterable[Path]) -> tuple[list[Path], list[Note]]:
    """The files to read, every table of a folder in name order, and what is passed over.

    Raises `FileRefused`.
    """
    found: list[Path] = []
    notes: list[Note] = []
    for path in paths:
        if path.is_dir():
            inside = [p for p in sorted(path.iterdir()) if p.suffix.lower() in ENDINGS]
            if not inside:
                raise FileRefused("empty_folder", file=path.name)
            no_table = [p for p in inside if p.suffix.lower() in TEXTS and not table_named(p.stem)]
            found += [p for p in inside if p not in no_table]
            notes += [Note("sheet_not_read", {"file": p.name, "sheet": p.stem}) for p in no_table]
        elif path.is_file():
            found.append(path)
        else:
            raise FileRefused("no_file", file=str(path))
    return found, notes


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


def _key(files: Sequence[Path], skipped: Iterable[RowError]) -> str:
    """Names and order do not matter: the same bytes read the same way are the same import.

    What was skipped counts too: a row refused today may be taken once what it needs is there.
    """
    digests = sorted(hashlib.sha256(p.read_bytes()).hexdigest() for p in files)
    left_out = sorted(f"{e.row}{e.column}{e.code}" for e in skipped)
    return hashlib.sha256("|".join([VERSION, *digests, *left_out]).encode()).hexdigest()


def _one_kind(rows: Sequence[Row], store: GraphStore) -> tuple[list[Row], list[RowError]]:
    """Rows whose weights are of the graph's one kind: the store's, else that of the first row."""
    kinds = [row.values["weight_kind"] for row in rows if "weight_kind" in row.values]
    if not kinds:
        return list(rows), []
    held = (r.props["weight_kind"] for r in store.rels("INPUT_OF") if "weight_kind" in r.props)
    kind = next(held, kinds[0])
    other = [row for row in rows if row.values.get("weight_kind", kind) != kind]
    refused = {id(row) for row in other}
    return [r for r in rows if id(r) not in refused], [
        r.error("weight_kind", "mixed_weights") for r in other
    ]

"""Imports as the faces show them: limits from the settings, errors in words."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from api.auditing import applying
from api.settings import Settings
from graph.store.base import GraphStore
from ingest.guard import Limits
from ingest.pipeline import load
from ingest.report import ImportReport
from records.audit import Value
from records.database import Records
from viz.words import message

__all__ = ["import_files", "import_limits", "report_json"]

MB = 1 << 20


def import_limits(settings: Settings) -> Limits:
    """The limits of one import."""
    return Limits(
        file_bytes=settings.upload_mb * MB,
        inflated_bytes=settings.inflated_mb * MB,
        rows=settings.import_rows,
        seconds=settings.import_seconds,
    )


def import_files(
    records: Records,
    store: GraphStore,
    paths: Sequence[Path],
    settings: Settings,
    *,
    dry_run: bool = False,
    skip_invalid: bool = False,
    **detail: Value,
) -> ImportReport:
    """`ingest.pipeline.load` within the limits, audited; a dry run changes and notes nothing."""
    told = partial(_digests, paths, detail)
    apply = applying(records, store, "graph.import", "", told, claims=False)
    report = load(
        paths,
        store,
        dry_run=dry_run,
        skip_invalid=skip_invalid,
        limits=import_limits(settings),
        apply=apply,
    )
    if report.status == "rejected" and not dry_run:
        with records.write() as writing:
            names = "、".join(p.name for p in paths)
            writing.note(
                "graph.import", names, status=report.status, rejected=report.rejected, **detail
            )
    return report


def _digests(paths: Sequence[Path], detail: Mapping[str, Value]) -> dict[str, Value]:
    """The files by name with their sha256, every one of a folder, and what else is told."""
    files = [f for p in paths for f in (sorted(p.iterdir()) if p.is_dir() else [p]) if f.is_file()]
    digests = [hashlib.sha256(f.read_bytes()).hexdigest() for f in files]
    return {**detail, "files": [f.name for f in files], "sha256": digests}


def report_json(report: ImportReport, lang: str) -> dict[str, Any]:
    """The report as `definitions` §7 has it: every error with its message and hint."""
    told = asdict(report)
    told["errors"] = [_worded(e, lang) for e in told["errors"]]
    told["notes"] = [_sentence(n, lang) for n in told["notes"]]
    return told


def _worded(error: dict[str, Any], lang: str) -> dict[str, Any]:
    facts = error.pop("facts")
    told = message(lang, error["code"], {**error, **facts})
    return {**error, "message": told.text, "hint": told.hint}


def _sentence(note: dict[str, Any], lang: str) -> str:
    return message(lang, note["code"], note["facts"]).text

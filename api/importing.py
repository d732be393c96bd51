"""Imports as the faces show them: limits from the settings, errors in words."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from api.settings import Settings
from ingest.guard import Limits
from ingest.report import ImportReport
from viz.words import message

__all__ = ["import_limits", "report_json"]

MB = 1 << 20


def import_limits(settings: Settings) -> Limits:
    """The limits of one import."""
    return Limits(
        file_bytes=settings.upload_mb * MB,
        inflated_bytes=settings.inflated_mb * MB,
        rows=settings.import_rows,
        seconds=settings.import_seconds,
    )


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

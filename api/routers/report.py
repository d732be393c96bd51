"""One chain as a report to print or to edit in Word, and its tables as workbooks."""

from __future__ import annotations

from fastapi import APIRouter

__all__ = ["api", "router"]

router = APIRouter(include_in_schema=False)
api = APIRouter(prefix="/api/v1", tags=["v1"])

"""Regions side by side, and where supplies flow."""

from __future__ import annotations

from fastapi import APIRouter

__all__ = ["api", "router"]

router = APIRouter(include_in_schema=False)
api = APIRouter(prefix="/api/v1", tags=["v1"])

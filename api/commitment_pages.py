"""The pages of commitments, filled: standings, proposals and outlooks of whatever may be seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from fastapi import Request

from api.deps import identity_of
from api.desk import Desk
from api.filing_pages import park_of, parks_for
from api.frames import chosen
from api.kept import today_of
from graph.review.commitments import CUMULATIVE, Commitment, Pledge
from graph.review.keeping import (
    STANDINGS,
    Outlook,
    Standing,
    haircuts,
    outlook,
    party_of,
    proposals,
    standing,
)
from records import pledges
from records.database import Records
from viz import commitments as v
from viz.contexts import Frame, Notice

__all__ = [
    "list_page",
    "one_page",
    "told",
]

_DONE = ("pledge_reported", "pledge_due", "pledge_agreed")


def list_page(
    request: Request, desk: Desk, records: Records, park: str, code: str
) -> v.CommitmentsPage:
    """Commitments of one park and standing; where none is named, without those not due yet."""
    frame, names, today = _frame(request, desk), desk.names(), today_of(request.app.state)
    held = pledges.all_of(records, _wanted(request, desk, park))
    rows = [row for pledge in held for row in _rows(pledge, names, today)]
    waiting = sum(r.standing == "pending" for r in rows) if not code else 0
    rows = sorted((r for r in rows if code == r.standing or _asks(r, code)), key=_order)
    ahead, undated = outlook(held, today)
    query = {k: x for k, x in (("park", park), ("standing", code)) if x}
    twin = f"/api/v1/commitments{'?' if query else ''}{urlencode(query)}"
    book = (
        frame.to("/commitments.xlsx", park=park) if held or frame.may("POST /commitments") else ""
    )
    return v.CommitmentsPage(
        replace(frame, twin=twin), rows, parks_for(request, desk), park, code, waiting,
        [
            v.ProposalRow(p.code, p.pledge.id, p.pledge.name, p.pledge.applicant,
                          names[p.pledge.park], [c.indicator for c in p.commitments])
            for p in proposals(held, today)
        ],
        [_year(one, names) for one in ahead], undated,
        book if book and frame.may("GET /commitments.xlsx") else None,
    )  # fmt: skip


def one_page(request: Request, desk: Desk, records: Records, id: str) -> v.CommitmentPage:
    """One project; `NotFound` where it promised nothing, or is another park's."""
    own, today = identity_of(request).only_park, today_of(request.app.state)
    pledge = pledges.get(records, id, own)
    held = pledges.all_of(records, own)
    cuts = haircuts(party_of(pledge), held, today + timedelta(days=1))
    names = desk.names()
    return v.CommitmentPage(
        replace(_frame(request, desk), twin=None), pledge.id, pledge.name, pledge.applicant,
        names[pledge.park], pledge.meeting, pledge.version, _rows(pledge, names, today),
        [v.KeptShare(field, float(1 - cut)) for field, cut in cuts.items()],
    )  # fmt: skip


def told(request: Request, desk: Desk, records: Records, park: str, code: str) -> Mapping[str, Any]:
    """The same as data."""
    today = today_of(request.app.state)
    held = pledges.all_of(records, _wanted(request, desk, park))
    ahead, undated = outlook(held, today)
    items = [_item(pledge, held, today, code) for pledge in held]
    return {
        "items": [item for item in items if item["commitments"]],
        "proposals": [
            {"code": p.code, "id": p.pledge.id, "commitments": [c.id for c in p.commitments]}
            for p in proposals(held, today)
        ],
        "outlook": [
            {
                "park": one.park,
                "year": one.year,
                "promised": {k: float(x) for k, x in one.promised.items()},
                "discounted": {k: float(x) for k, x in one.discounted.items()},
                "commitments": one.counted,
                "unrecorded": one.unrecorded,
            }
            for one in ahead
        ],
        "undated": undated,
    }


def _frame(request: Request, desk: Desk) -> Frame:
    frame, query = chosen(request, desk), request.query_params
    done, counts = query.get("done"), {n: query.get(n, "")[:6] for n in ("n", "m")}
    if done in _DONE:
        frame = replace(frame, notice=Notice(done))
    elif done == "pledge_taken" and all(count.isdecimal() for count in counts.values()):
        frame = replace(frame, notice=Notice(done, counts))
    kept = {k: x for k, x in frame.query.items() if k not in ("done", "n", "m")}
    return replace(frame, query=kept)


def _wanted(request: Request, desk: Desk, park: str) -> str | None:
    """The park whose commitments are meant; None = every park's."""
    return park_of(request, desk, park) if park else identity_of(request).only_park


def _order(row: v.CommitmentRow) -> tuple[int, int, str, str]:
    """What asks for most first: the longest overdue, then what falls due next."""
    return STANDINGS.index(row.standing), -row.overdue, row.due, row.project


def _asks(row: v.CommitmentRow, code: str) -> bool:
    """Whether a row is shown where no standing was asked for."""
    return not code and row.standing != "pending"


def _rows(pledge: Pledge, names: Mapping[str, str], today: date) -> list[v.CommitmentRow]:
    return [_row(pledge, c, names, today) for c in pledge.commitments()]


def _row(pledge: Pledge, c: Commitment, names: Mapping[str, str], today: date) -> v.CommitmentRow:
    at = standing(c, pledge.reported(c.id), today)
    return v.CommitmentRow(
        pledge.id, c.id, pledge.name, pledge.applicant, pledge.park, names[pledge.park],
        c.indicator, c.unit, c.value, c.due.isoformat() if c.due else "", c.evidence, c.source,
        at.code, None if at.ratio is None else float(at.ratio),
        at.actual.value if at.actual else None, at.actual.year if at.actual else None, at.overdue,
        _reported(pledge, c.id), c.at_most, c.field in CUMULATIVE,
    )  # fmt: skip


def _reported(pledge: Pledge, commitment: str) -> Sequence[v.Reported]:
    """Everything that was entered, the newest year first, superseded entries after theirs."""
    holds = pledge.reported(commitment)
    found = [
        v.Reported(a.year, a.value, a.to.value, a.source, a.by, a.on.isoformat(),
                   a is not holds[a.year])
        for a in reversed(pledge.actuals)
        if a.to.id == commitment
    ]  # fmt: skip
    return sorted(found, key=lambda one: -one.year)


def _year(one: Outlook, names: Mapping[str, str]) -> v.OutlookRow:
    sums = {f: (float(x), float(one.discounted[f])) for f, x in one.promised.items()}
    return v.OutlookRow(names[one.park], one.year, sums, one.counted, one.unrecorded)


def _item(pledge: Pledge, held: Sequence[Pledge], today: date, code: str) -> Mapping[str, Any]:
    ats = [(c, standing(c, pledge.reported(c.id), today)) for c in pledge.commitments()]
    cuts = haircuts(party_of(pledge), held, today + timedelta(days=1))
    return {
        "id": pledge.id,
        "park": pledge.park,
        "name": pledge.name,
        "applicant": pledge.applicant,
        "session": pledge.meeting or None,
        "version": pledge.version,
        "haircuts": {field: float(cut) for field, cut in cuts.items()},
        "commitments": [_said(pledge, c, at) for c, at in ats if code in ("", at.code)],
    }


def _said(pledge: Pledge, c: Commitment, at: Standing) -> Mapping[str, Any]:
    return {
        "id": c.id,
        "indicator": c.indicator,
        "field": c.field or None,
        "unit": c.unit,
        "value": c.value,
        "at_most": c.at_most,
        "due": c.due.isoformat() if c.due else None,
        "evidence": c.evidence,
        "source": c.source,
        "standing": at.code,
        "ratio": None if at.ratio is None else float(at.ratio),
        "overdue": at.overdue,
        "actuals": [vars(one) for one in _reported(pledge, c.id)],
    }

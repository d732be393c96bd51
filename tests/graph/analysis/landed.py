"""The slow way to let projects land: a copy of the zone in which new firms make what they offer."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from graph.analysis.whatif import LeaderChange
from tests.zones import FLAGS, Rows

__all__ = ["rows_after"]

_Row = Mapping[str, str]
_ENDED = ("operating", "lost")


def rows_after(rows: Rows, projects: Collection[str], seen: LeaderChange) -> Rows:
    """The zone once the projects are there, as one leader sees it from its region.

    A project becomes a firm of its applicant's size that stands there and makes what it offered.
    One that moves takes the place of what its applicant makes of the same, whoever that is but the
    leader itself, whose own products are no supplies.
    """
    land = [p for p in rows["projects"] if p["id"] in projects and p.get("stage") not in _ENDED]
    size = {e["id"]: e.get("size", "") for e in rows["enterprises"]}
    offers = rows.get("offers", ())
    firms = [
        {
            "id": f"landed-{p['id']}", "name": p["id"], "region": seen.region,
            "size": size.get(p.get("applicant", ""), ""),
        }
        for p in land
    ]  # fmt: skip
    makes = [
        {**{k: v for k, v in o.items() if k != "project"}, "enterprise": f"landed-{o['project']}"}
        for o in offers
        if o["project"] in {p["id"] for p in land}
    ]
    gone = {
        (str(p.get("applicant")), o["segment"])
        for p in land
        if FLAGS.get(p.get("relocates", "").lower()) and p.get("applicant") != seen.leader
        for o in offers
        if o["project"] == p["id"]
    }
    return {
        **rows,
        "enterprises": [*rows["enterprises"], *firms],
        "produces": [*_without(rows["produces"], "enterprise", gone), *makes],
        "offers": _still(rows, gone),
    }


def _without(rows: Sequence[_Row], who: str, gone: set[tuple[str, str]]) -> list[_Row]:
    return [row for row in rows if (row[who], row["segment"]) not in gone]


def _still(rows: Rows, gone: set[tuple[str, str]]) -> list[_Row]:
    """Offers without those of operating projects whose applicant makes them there no more."""
    runs = {p["id"]: p.get("applicant", "") for p in rows["projects"] if p["stage"] == "operating"}
    return [
        o for o in rows.get("offers", ())
        if (runs.get(o["project"], ""), o["segment"]) not in gone
    ]  # fmt: skip

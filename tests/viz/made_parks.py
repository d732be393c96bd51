"""The pages of parks over a small zone, shared by the page tests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graph.analysis import ask
from graph.analysis.facts import facts_of
from graph.analysis.fit import Fitting
from graph.analysis.intensity import SOURCE, intensities
from graph.analysis.park_profile import Agglomeration
from graph.question import Assumptions, Question
from tests.graph.analysis.test_park_profile import ROWS
from tests.zones import snapshot_of
from viz import contexts as c
from viz import fit as f

__all__ = ["park_pages"]

_PROJECT = {
    "id": "p", "name": "项目", "park": "k", "stage": "signed", "investment_wan": "10000",
    "land_mu": "40", "revenue_wan": "400", "tax_wan": "860", "environment_class": "B",
    "industry": "C3453", "need_power_kva": "0",
}  # fmt: skip
_PARK = {
    "id": "k", "name": "园", "region": "370211", "land_free_mu": "30", "environment_class": "B",
    "zoning": "C34", "negative_list": "bearing", "operator": "运营公司",
}  # fmt: skip


def park_pages(frame: c.Frame, names: Mapping[str, str]) -> dict[str, Any]:
    """Each page about parks once, and once where there is nothing to show."""
    rows = {
        **ROWS,
        "projects": [_PROJECT, {"id": "q", "name": "二号"}],
        "parks": [_PARK, *ROWS["parks"][1:], {"id": "w", "name": "全开放", "zoning": "-"}],
    }
    snapshot = snapshot_of(rows)
    facts = facts_of(snapshot, Assumptions())
    answer = ask.fit(snapshot)
    (cell,) = ask.fit(snapshot, "p", "k").matrix
    figures = intensities(Fitting(facts, "p"))
    park = ask.park(snapshot, Question(), "k")
    landing = ask.landing(snapshot, Question(region="370211"), "p")
    row = f.ParkRow("k", "370211", "o", None, 2, 3, 1, 30.0, None, Agglomeration(0.75, 2, 3))
    empty = ask.FitAnswer(1, "1", {}, [])
    weights = dict(Assumptions().fit_weights)
    applied: dict[str, str | None] = {"p": "k", "q": None}
    stages: dict[str, str | None] = {"p": "signed", "q": None}
    return {
        "parks": f.ParksPage(frame, f.parks_table(frame, [row], names)),
        "park": f.ParkPage(frame, park, names, {"p": cell}, {"reducer": "robots"}),
        "park-bare": f.ParkPage(frame, ask.park(snapshot, Question(), "w"), names, {}, {}),
        "fit": f.FitPage(frame, answer, names, stages, applied, "", cell, figures, weights, SOURCE),
        "fit-none": f.FitPage(frame, empty, names, {}, {}),
        "landing": f.ChangePage(frame, landing, names, answer.matrix[:4], figures, SOURCE),
        "outage": f.ChangePage(frame, ask.outage(snapshot, Question(), "c"), names),
    }

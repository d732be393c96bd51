"""Standards: what is refused and where, which version is in force, and what changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction
from importlib.resources import files

import pytest
from pydantic import TypeAdapter

from graph.errors import DataError, UsageError
from graph.review.reading import read_standard
from graph.review.standard import (
    Cutoffs,
    Indicator,
    Standard,
    Veto,
    differences,
    resolve,
    scale,
    valid,
)
from tests.graph.review.standards import INVESTMENT, RESEARCH, STANDARD

SHIPPED = sorted(p.name for p in files("graph.review").joinpath("standards").iterdir())


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_standard_is_valid_and_says_where_its_numbers_come_from(name: str) -> None:
    text = files("graph.review").joinpath("standards", name).read_text("utf-8")
    found = read_standard(text, name)
    assert name.startswith(found.id)
    assert all(bool(i.source) or i.assumed for i in found.indicators)
    assert len(found.vetoes) == 9
    kept = TypeAdapter(Standard)
    assert kept.validate_json(kept.dump_json(found)) == found


def test_the_default_heads_are_the_zone_s_own() -> None:
    weights = {}
    for track in ("land", "park"):
        path = files("graph.review").joinpath("standards", f"default-{track}.toml")
        weights[track] = list(read_standard(path.read_text("utf-8"), track).weights().values())
    assert weights == {"land": [20, 30, 15, 30, 5], "park": [30, 30, 20, 15, 5]}


def changed(**changes: object) -> Standard:
    """The standard with its first indicator changed."""
    first = replace(STANDARD.indicators[0], **changes)  # type: ignore[arg-type]
    return replace(STANDARD, indicators=(first, *STANDARD.indicators[1:]))


@pytest.mark.parametrize(
    ("standard", "where"),
    [
        (replace(STANDARD, track="AIR"), "track"),
        (replace(STANDARD, valid_to=date(2025, 1, 1)), "valid_to"),
        (replace(STANDARD, vetoes=(Veto("rd-ratio", "x", "x", "x"),)), "id"),
        (replace(STANDARD, required=("land",)), "required"),
        (replace(STANDARD, cutoffs=Cutoffs(approve=60.0, conditional=70.0)), "cutoffs"),
        (changed(weight=21.0), "weight"),
        (changed(weight=-1.0), "rd-ratio.weight"),
        (changed(head="luck"), "rd-ratio.head"),
        (changed(expert=True), "rd-ratio.formula"),
        (changed(formula=""), "rd-ratio.formula"),
        (changed(benchmark=None), "rd-ratio.benchmark"),
        (changed(benchmark=0.0), "rd-ratio.benchmark"),
        (changed(source=""), "rd-ratio.source"),
        (changed(formula="", chain="luck"), "rd-ratio.chain"),
        (changed(steps=((2.0, 0.5), (1.0, 1.0))), "rd-ratio.steps"),
        (changed(steps=((1.0, 0.5), (2.0, 0.2))), "rd-ratio.steps"),
        (changed(steps=((1.0, 1.5),)), "rd-ratio.steps"),
    ],
)
def test_what_makes_no_sense_is_refused_where_it_stands(standard: Standard, where: str) -> None:
    with pytest.raises(DataError) as caught:
        valid(standard)
    assert (caught.value.code, caught.value.facts["where"]) == ("bad_standard", where)


def test_units_are_reconciled_or_refused_with_both_readings() -> None:
    assert scale(INVESTMENT)[1] == 1
    floor = Indicator("x", "x", "yield", "元/㎡", "revenue_wan / floor_sqm", assumed=True)
    assert scale(floor)[1] == 10_000
    assert scale(replace(floor, formula="revenue_wan / land_mu"))[1] == 10_000 / Fraction(2000, 3)
    assert scale(RESEARCH)[1] == 100
    with pytest.raises(UsageError) as caught:
        scale(replace(floor, unit="人/㎡"))
    assert caught.value.facts["means"] == "land^-1·person / floor^-1·person"
    assert caught.value.facts["gives"] == "floor^-1·yuan"
    with pytest.raises(UsageError, match="formula_field"):
        scale(replace(floor, formula="luck / land_mu"))
    with pytest.raises(UsageError, match="unlike_units"):
        scale(replace(floor, formula="land_mu + floor_sqm"))


def test_park_and_industry_go_before_park_and_park_before_zone() -> None:
    zone = replace(STANDARD, id="zone")
    park = replace(STANDARD, id="park", park="p")
    special = replace(STANDARD, id="special", park="p", industry="C39")
    inner = replace(STANDARD, id="inner", park="inner")
    every, day = [zone, park, special, inner], date(2026, 7, 1)

    def found(parks: list[str], industry: str) -> str:
        standard = resolve(every, parks, industry, "LAND", day)
        assert standard is not None
        return standard.id

    assert found(["q"], "C3971") == "zone"
    assert found(["p"], "C3463") == "park"
    assert found(["p"], "C3971") == "special"
    assert found(["inner", "p"], "C3463") == "inner"
    assert found(["sub", "p"], "C3463") == "park"  # a sub-park inherits
    assert resolve(every, ["p"], "C39", "PARK", day) is None


def test_the_newest_version_that_has_begun_is_in_force_and_an_expired_one_only_for_want_of_it() -> (
    None
):
    old = replace(STANDARD, version="1", valid_to=date(2026, 6, 1))
    new = replace(STANDARD, version="2", valid_from=date(2026, 6, 2))
    assert resolve([old, new], [], "", "LAND", date(2026, 3, 1)) == old
    assert resolve([old, new], [], "", "LAND", date(2026, 7, 1)) == new
    late = resolve([old], [], "", "LAND", date(2026, 7, 1))
    assert late == old
    assert old.expired(date(2026, 7, 1))
    assert not old.expired(date(2026, 6, 1))
    assert resolve([new], [], "", "LAND", date(2026, 6, 1)) is None


def test_what_changed_between_versions() -> None:
    new = replace(
        STANDARD,
        version="2026.2",
        cutoffs=Cutoffs(approve=82.0),
        indicators=(replace(RESEARCH, benchmark=5.0), *STANDARD.indicators[2:]),
    )
    assert differences(STANDARD, new) == [
        ("version", "2026.1", "2026.2"),
        ("cutoffs.approve", 80.0, 82.0),
        ("rd-ratio.benchmark", 4.0, 5.0),
        ("gain", "补链贡献", None),
    ]
    assert differences(STANDARD, STANDARD) == []


TEXT = """
id = "t"
version = "1"
name = "n"
track = "LAND"
valid_from = 2026-01-01
document = "d"
[[indicator]]
id = "i"
name = "n"
head = "yield"
unit = "万元/亩"
formula = "tax_wan / land_mu"
weight = 100
benchmark = 20
source = "s"
"""


def test_toml_is_read() -> None:
    found = read_standard(TEXT, "t.toml")
    assert (found.indicators[0].weight, found.indicators[0].benchmark) == (100.0, 20.0)


@pytest.mark.parametrize(
    ("old", "new", "code", "where"),
    [
        ('id = "t"', "id = ", "bad_toml", None),
        ('version = "1"\n', "", "bad_standard", "standard t.version"),
        ('version = "1"', "version = 1", "bad_standard", "standard t.version"),
        ("2026-01-01", '"2026-01-01"', "bad_standard", "standard t.valid_from"),
        ("benchmark", "bench", "bad_standard", "indicator i.bench"),
        ("weight = 100", 'weight = "100"', "bad_standard", "indicator i.weight"),
        ("weight = 100", "weight = true", "bad_standard", "indicator i.weight"),
        ("benchmark = 20", "steps = [[1]]", "bad_standard", "indicator i.steps"),
        ("benchmark = 20", "steps = 5", "bad_standard", "indicator i.steps"),
        ('document = "d"', 'document = "d"\nrequired = "x"', "bad_standard", "standard t.required"),
    ],
)
def test_what_is_no_standard_is_refused_with_its_place(
    old: str, new: str, code: str, where: str | None
) -> None:
    with pytest.raises(DataError) as caught:
        read_standard(TEXT.replace(old, new, 1), "t.toml")
    assert (caught.value.code, caught.value.facts.get("where")) == (code, where)


def test_a_standard_may_be_another_one_but_for_what_it_says_itself() -> None:
    base = read_standard(TEXT, "t.toml")
    text = """
    id = "u"
    version = "1"
    name = "n"
    park = "p"
    valid_from = 2026-02-01
    based_on = "t"
    [[indicator]]
    id = "i"
    benchmark = 30
    weight = 60
    [[indicator]]
    id = "j"
    name = "j"
    head = "talent"
    expert = true
    weight = 40
    assumed = true
    """
    found = read_standard(text, "u.toml", {"t": base})
    assert (found.id, found.park, found.track, found.document) == ("u", "p", "LAND", "d")
    assert [(i.id, i.benchmark, i.weight) for i in found.indicators] == [
        ("i", 30.0, 60.0),
        ("j", None, 40.0),
    ]
    assert base.indicators[0].benchmark == 20.0
    dropped = text.replace('based_on = "t"', 'based_on = "t"\n    drop = ["i"]')
    with pytest.raises(DataError) as caught:
        read_standard(dropped, "u.toml", {"t": base})
    assert caught.value.facts["where"] == "weight"
    with pytest.raises(DataError) as caught:
        read_standard(text, "u.toml")
    assert caught.value.facts["where"] == "based_on"

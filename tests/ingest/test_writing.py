"""What was imported and written out again is the same graph, to the content hash."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from api.desk import Desk
from api.verifying import Finding, verify
from graph.errors import UsageError
from graph.model import Batch, Node, Ref
from graph.store import copy, open_store
from graph.store.base import GraphStore
from ingest.filling import write_xlsx
from ingest.pipeline import load
from ingest.writing import Exported, sheets, write_csv
from tests.conftest import ROOT, tier
from tests.graph.analysis.random_zone import random_zone
from tests.test_spine import write
from tests.zones import Rows

FORMS = pytest.mark.parametrize("form", ["csv", "xlsx"])
Make = Callable[[], GraphStore]


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Make]:
    """Stores, empty, as many as a test asks for."""
    made: list[GraphStore] = []

    def make() -> GraphStore:
        store = open_store(f"sqlite:///{tmp_path}/{len(made)}.db", deadline=3.0)
        store.migrate()
        made.append(store)
        return store

    yield make
    for store in made:
        store.close()


def written(store: GraphStore, form: str, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / ("tables" if form == "csv" else "tables.xlsx")
    if form == "csv":
        path.mkdir()
    (write_csv if form == "csv" else write_xlsx)(store, path)
    return path


def comes_back(store: GraphStore, form: str, folder: Path, fresh: Make) -> None:
    """The first row that differs is shown where the hashes do."""
    again = fresh()
    report = load([written(store, form, folder)], again)
    assert (report.status, report.errors) == ("committed", [])
    found = copy.verify(store, again)
    assert found.difference is None
    assert again.stats().hash == store.stats().hash


@FORMS
def test_the_sample_zone(form: str, tmp_path: Path, fresh: Make) -> None:
    store = fresh()
    load([ROOT / "ingest" / "samples" / "zone"], store)
    comes_back(store, form, tmp_path, fresh)


@FORMS
@pytest.mark.parametrize("seed", range(tier(12, 120)))
def test_zones_of_several_imports(form: str, seed: int, tmp_path: Path, fresh: Make) -> None:
    store = fresh()
    load([write(random_zone(seed), tmp_path / "one")], store)
    load([write(random_zone(seed + 1000), tmp_path / "two")], store, skip_invalid=True)
    comes_back(store, form, tmp_path, fresh)


@FORMS
def test_a_recorded_check_comes_back_too(form: str, tmp_path: Path, fresh: Make) -> None:
    store = fresh()
    load([write(random_zone(3), tmp_path / "one")], store)
    desk = Desk(store)
    verify(desk, Finding("370211", "s0", "走访", "2026-05-01"))
    verify(desk, Finding("370212", "s1", "电话", "2026-05-02", "新发现的厂"))
    comes_back(store, form, tmp_path, fresh)


CLAIMS: Rows = {
    "chains": [{"id": "c", "name": "链"}, {"id": "d", "name": "链二"}],
    "segments": [
        {"id": "s", "name": "甲", "chain": "c", "stage": "upstream", "source": "一"},
        {"id": "s", "name": "甲", "chain": "d", "stage": "midstream", "source": "一"},
        {"id": "s", "name": "乙", "chain": "d", "stage": "", "grade": "verified"},
        {"id": "t", "name": "丙", "aliases": ";", "备注": "=1+1", "unit": "台;套"},
    ],
    "enterprises": [
        {"id": "e", "name": "厂", "revenue_wan": "12000", "source": "一", "as_of": "2024"},
        {"id": "e", "name": "厂", "revenue_wan": "9800.5", "source": "一", "as_of": "2024"},
        {"id": "e", "name": "厂", "size": "large", "source": "二", "confidence": "0.5"},
        {"id": "e", "name": "厂", "size": "small", "source": "二", "confidence": "0.8"},
        {"id": "e", "name": "厂", "status": "active", "grade": "declared"},
    ],
    "produces": [
        {"enterprise": "e", "segment": "s", "capacity": "1e-7", "grade": "inferred"},
        {"enterprise": "e", "segment": "s", "capacity": "1e21", "grade": "inferred"},
    ],
    "parks": [{"id": "p", "name": "园", "zoning": "-", "negative_list": "s;t"}],
    "projects": [
        {"id": "j", "name": "项目", "applicant": "某公司", "own_site": "否", "relocates": "是"}
    ],
}


@FORMS
def test_every_claim_of_every_source_comes_back(form: str, tmp_path: Path, fresh: Make) -> None:
    store = fresh()
    assert load([write(CLAIMS, tmp_path / "one")], store).errors == []
    comes_back(store, form, tmp_path, fresh)


def test_a_row_for_each_that_spoke(tmp_path: Path, fresh: Make) -> None:
    store = fresh()
    load([write(CLAIMS, tmp_path / "one")], store)
    folder = written(store, "csv", tmp_path)
    with (folder / "enterprises.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    said = {(r["revenue_wan"], r["size"], r["source"], r["as_of"], r["confidence"]) for r in rows}
    assert len(rows) == 5
    assert said == {
        ("12000", "", "一", "2024", ""),
        ("9800.5", "", "一", "2024", ""),
        ("", "large", "二", "", "0.5"),
        ("", "small", "二", "", "0.8"),
        ("", "", "", "", ""),
    }
    assert {r["name"] for r in rows} == {"厂"}
    assert [p.name for p in sorted(folder.iterdir())] == [f"{name}.csv" for name in sorted(CLAIMS)]


# What stores keep and cells can hold: no control characters, and blanks only inside.
WORDS = st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1, max_size=12).map(
    lambda text: text.strip()
)
IDS = st.lists(WORDS.filter(bool), min_size=1, max_size=4, unique=True)


@FORMS
@given(ids=IDS, texts=st.lists(WORDS, min_size=4, max_size=4), number=st.floats(0, 1e300))
@settings(
    max_examples=tier(25, 400),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_odd_texts_and_numbers(
    form: str,
    ids: list[str],
    texts: list[str],
    number: float,
    tmp_path_factory: pytest.TempPathFactory,
    fresh: Make,
) -> None:
    folder = tmp_path_factory.mktemp("odd")
    name, source, locator, free = (text or "x" for text in texts)
    rows: Rows = {
        "parks": [
            {
                "id": id_,
                "name": name,
                "operator": f'{free}\n"{free}",;=1',
                "land_free_mu": repr(number),
                "source": source,
                "locator": locator,
                "自由列": f"+{free}",
            }
            for id_ in ids
        ]
    }
    store = fresh()
    if load([write(rows, folder / "one")], store).errors:
        return  # an id that no cell can carry
    comes_back(store, form, folder, fresh)


def test_a_date_only_a_spreadsheet_understands_is_written_as_the_day(
    tmp_path: Path, fresh: Make
) -> None:
    store = fresh()
    book = written_book(tmp_path, [["id", "name", "source", "as_of"], ["c", "链", "年报", 45474]])
    load([book], store)
    folder = written(store, "csv", tmp_path / "out")
    with (folder / "chains.csv").open(encoding="utf-8-sig", newline="") as file:
        assert next(csv.DictReader(file))["as_of"] == "2024-07-01"


def written_book(folder: Path, rows: list[list[object]]) -> Path:
    from openpyxl import Workbook

    book = Workbook()
    book.active.title = "chains"
    for row in rows:
        book.active.append(row)
    book.save(folder / "book.xlsx")
    return folder / "book.xlsx"


def test_text_in_a_workbook_is_never_a_formula(tmp_path: Path, fresh: Make) -> None:
    store = fresh()
    load([write({"chains": [{"id": "=1+1", "name": "@SUM(A1)"}]}, tmp_path / "one")], store)
    book = load_workbook(written(store, "xlsx", tmp_path))
    assert book.sheetnames == ["产业链"]
    head, row = book["产业链"].iter_rows(values_only=False)
    assert [cell.value for cell in head][:3] == ["*编号", "*名称", "来源"]
    assert [(cell.value, cell.data_type) for cell in row[:2]] == [("=1+1", "s"), ("@SUM(A1)", "s")]


def test_words_of_a_workbook_are_chinese_and_numbers_are_numbers(
    tmp_path: Path, fresh: Make
) -> None:
    store = fresh()
    load([write(CLAIMS, tmp_path / "one")], store)
    book = load_workbook(written(store, "xlsx", tmp_path))
    head, row = (list(r) for r in book["项目"].iter_rows(values_only=True))
    shown = dict(zip(head, row, strict=True))
    assert (shown["需独立用地"], shown["整体搬迁"]) == ("否", "是")
    head, *rows = (list(r) for r in book["企业"].iter_rows(values_only=True))
    assert {row[head.index("规模")] for row in rows} == {None, "大型", "小型"}
    assert 9800.5 in [row[head.index("营业收入（万元）")] for row in rows]


def test_counts_are_of_things_and_relations(tmp_path: Path, fresh: Make) -> None:
    store, count = fresh(), Counter[str]()
    load([write(CLAIMS, tmp_path / "one")], store)
    for sheet in sheets(store, count):
        list(sheet.rows)
    # 2 chains, 2 segments, 1 enterprise, 1 park, 1 project; produces, and s in two chains
    assert count == {"nodes": 7, "relations": 3}
    (tmp_path / "out").mkdir()
    assert write_csv(store, tmp_path / "out") == Exported(7, 3)


def test_an_empty_graph_and_what_excel_has_no_room_for_are_refused(
    tmp_path: Path, fresh: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = fresh()
    for write_form in (write_csv, write_xlsx):
        with pytest.raises(UsageError, match="nothing_to_export"):
            write_form(store, tmp_path / "x")
    store.apply(Batch("b", "b", [Node(Ref("Chain", "c"), {"name": "长" * 40_000})]))
    with pytest.raises(UsageError, match="cell_too_long"):
        write_xlsx(store, tmp_path / "x")
    monkeypatch.setattr("ingest.filling.LONGEST", 50_000)
    monkeypatch.setattr("ingest.filling.LAST_ROW", 1)
    with pytest.raises(UsageError, match="sheet_full"):
        write_xlsx(store, tmp_path / "x")

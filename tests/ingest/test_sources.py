"""Foreign layouts on the real data: counts, and every refused line with its reason."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from graph.analysis import ask
from graph.model import Ref
from graph.question import Question
from graph.snapshot import take
from graph.store.base import GraphStore
from ingest.pipeline import load


@pytest.mark.realdata
def test_atlas_ranks_suppliers_of_its_leader(real_data: Path, store: GraphStore) -> None:
    report = load([real_data / "atlas"], store)
    assert report.status == "committed"
    assert Counter(e.code for e in report.errors) == {"required": 32}  # pairs without a buyer
    assert all(e.file == "supplier_buyer.csv" and e.header == "采购方" for e in report.errors)
    counts = store.stats()
    assert counts.nodes["Segment"] == 58
    assert counts.relations["INPUT_OF"] == 66
    leader = store.search("中芯国际", ["Enterprise"])[0]
    snapshot = take(store)
    found = ask.rank(snapshot, Question(leader=leader.ref.id, region="310000"))
    assert {"沪硅产业", "南大光电", "晶瑞电材"} <= {c.name for c in found.candidates[:12]}


@pytest.mark.realdata
def test_chainkg_names_every_line_it_refuses(real_data: Path, store: GraphStore) -> None:
    report = load([real_data / "chainkg"], store)
    assert report.status == "committed"
    why = Counter(e.code for e in report.errors)
    assert why["made_of_itself"] >= 104
    assert why["accounting_line"] > 1000
    assert why["damaged_name"] >= 1
    assert report.rejected == len(report.errors)
    assert store.get(Ref("Segment", "平衡项目")) is None
    # 香菇鸭粥 is made of 大米: the material is the input
    rice = [r for r in store.rels_of(Ref("Segment", "大米")) if r.dst.id == "香菇鸭粥"]
    assert [r.src.id for r in rice] == ["大米"]


def test_a_small_chainkg_folder(tmp_path: Path, store: GraphStore) -> None:
    lines = {
        "company.json": [
            {"name": "甲", "fullname": "甲公司", "code": "000001.SZ"},
            {"name": "新甲", "fullname": "甲公司", "code": "000001"},
        ],
        "company_product.json": [
            {"company_code": "000001", "product_name": "电机", "rel_weight": -59},
            {"company_code": "000001.SZ", "product_name": "其他(补充)"},
            {"company_code": "000009.SZ", "product_name": "泵"},
            {"company_code": "ABC", "product_name": "泵"},
        ],
        "product_product.json": [
            {"from_entity": "电机", "to_entity": "铜"},
            {"from_entity": "铜", "to_entity": "铜"},
            {"from_entity": "坏\ufffd", "to_entity": "铜"},
        ],
    }
    for name, rows in lines.items():
        text = "\n".join(json.dumps(r, ensure_ascii=False) for r in rows)
        (tmp_path / name).write_text(text + ("\n{" if name == "company.json" else ""), "utf-8")
    report = load([tmp_path], store)
    assert [(e.file, e.row, e.value, e.code) for e in report.errors] == [
        ("company.json", 3, "{", "bad_line"),
        ("company_product.json", 2, "其他(补充)", "accounting_line"),
        ("company_product.json", 4, "ABC", "bad_listing_code"),
        ("product_product.json", 2, "铜", "made_of_itself"),
        ("product_product.json", 3, "铜", "damaged_name"),
        ("company_product.json", 3, "000009", "dangling"),
    ]
    assert report.status == "committed"
    assert store.stats().nodes["Enterprise"] == 1
    (made,) = store.rels("PRODUCES")
    assert dict(made.props).keys() == {"evidence"}  # rel_weight is no share

"""The first-hour pages in words: what is missing, what is too few, what is hidden."""

from __future__ import annotations

import pytest

from graph.analysis.readiness import readiness
from tests.graph.analysis.golden import zone
from tests.zones import snapshot_of
from viz.contexts import Frame
from viz.guide import ERRORS_SHOWN, BackupRow, CheckPage, ErrorRow, GuidePage, ImportRow
from viz.pages import render
from viz.table import Cell, Table
from viz.words import catalogue

EVIL = "<script>alert(1)</script>"


def page(lang: str = "zh", **more: object) -> GuidePage:
    answer = readiness(snapshot_of(zone()))
    made = {"imports": [], "backups": [], "backup_dir": "var/backups"} | more
    return GuidePage(Frame(lang, "/guide"), answer, megabytes=1, files=2, minutes=3, **made)


def row(table: Table, first: str) -> list[Cell]:
    return next(list(r) for r in table.rows if first in str(r[0].value))


def test_a_question_leads_to_its_answer_or_says_what_is_missing() -> None:
    name, verdict, rests, add = row(page().questions, "先补哪里")
    assert (name.href, verdict.value, verdict.note) == ("/chains/robots/gaps", "能", "")
    assert "链主需求量 3；企业产能没有登记" in str(rests.value)
    assert str(add.value).startswith("可以更准：补生产，写上其他企业生产什么")
    name, verdict, _, add = row(page().questions, "放哪个园")
    assert (name.href, verdict.value, verdict.note) == (None, "还不能", "因为项目没有登记")
    assert add.value == "先补项目：每个在谈项目一行"


def test_one_region_is_too_few_to_compare() -> None:
    _, verdict, _, _ = row(page().questions, "与别的区比")
    assert verdict.note == "因为有链上企业的区域 1，还不够"
    assert row(page("en").questions, "districts")[1].note == (
        "because regions with firms of a chain: 1 is too few"
    )


def test_steps_say_how_many_rows_there_are() -> None:
    assert [r[3].value for r in page().steps.rows] == [
        "环节 4 行；投入 3 行",
        "企业 1 行；生产 1 行",
        "需求 3 行",
    ]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_code_has_its_words(lang: str) -> None:
    words = catalogue(lang)
    for q in page().answer.questions:
        assert f"guide_question.{q.question}" in words
        for held in (*q.needs, *q.sharpens):
            assert {f"guide_held.{held.code}", f"guide_add.{held.code}"} <= words.keys()


def test_names_stay_text() -> None:
    imports = [ImportRow("b", EVIL, "2026", 1, 2, False)]
    backups = [BackupRow(EVIL, "2026", 1, None, None, None)]
    text = render(page(imports=imports, backups=backups, backup_dir=EVIL))
    assert EVIL not in text
    assert "已损坏" in text
    assert "<option>" not in text  # nothing that could be restored


def test_a_long_list_of_errors_is_cut_and_says_so() -> None:
    errors = [ErrorRow("f", "s", n, "A", "名", EVIL * 9, "m", "h") for n in range(ERRORS_SHOWN + 7)]
    found = CheckPage(Frame("zh", "/c"), "k", [EVIL], False, 60, 0, 0, 0, 9, True, errors)
    assert (len(found.shown.rows), found.hidden, len(found.table.rows)) == (200, 7, 207)
    text = render(found)
    assert "另有 7 处未列出" in text
    assert EVIL not in text
    assert len(text.encode()) < 300_000

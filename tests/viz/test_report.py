"""The report: the same sentences and numbers on the page and in Word, and nothing made up."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from pathlib import Path
from zipfile import ZipFile

import pytest
from docx import Document
from docx.document import Document as WordDocument
from docx.enum.style import WD_STYLE_TYPE

from graph.analysis.answers import Fit, FitComponents, FitRule
from graph.analysis.completeness import completeness
from graph.errors import UsageError
from tests.viz import made
from tests.viz.checked import Checked, plain, poisoned
from viz.contexts import EvidenceFact
from viz.pages import render
from viz.report import ReportPage
from viz.report_docx import report_docx
from viz.words import catalogue


def fit(park: str, value: float | None, *, failed: bool = False) -> Fit:
    rules = [FitRule("land", "fail" if failed else "unknown", 40.0, 10.0 if failed else None)]
    spread = (0.0, 0.0) if failed else (0.2, 0.9)
    none = FitComponents(None, None, None, None)
    return Fit("p-2", park, value, spread, "PARK", 1, rules, none)


FITS = {"p-2": [fit("a", 0.3), fit("park-1", 0.8), fit("b", 0.0, failed=True), fit("d", None)]}


def page(lang: str = "zh", names: dict[str, str] = made.NAMES, **more) -> ReportPage:
    frame = made.frame(lang, "/chains/robot/report", twin="/api/v1/gaps?leader=e-lead")
    shown = completeness(made.MAP, made.GAPS)
    base = ReportPage(
        frame, made.MAP, made.GAPS, made.RANK, shown, FITS, made.EVIDENCE, names
    )  # fmt: skip
    return replace(base, **more)


def word(made_page: ReportPage, template: str = "") -> WordDocument:
    return Document(io.BytesIO(report_docx(made_page, template)))


def rows_of(document: WordDocument, at: int) -> list[list[str]]:
    return [[cell.text for cell in row.cells] for row in document.tables[at].rows]


def texts(document: WordDocument) -> list[str]:
    return [p.text for p in document.paragraphs]


def test_the_headline_by_hand() -> None:
    assert page().headline == (
        "从黄岛区看，青岛海控机器人有限公司需要 10 个环节："
        "3 个自产或已有供应，4 个有缺口，3 个待核实。"
        "最急的是“伺服电机”（缺链，强度 0.53）。"
        "补链首选“精密减速器与轴承一体化项目”（项目），可消除合计缺口的 33.1%。"
    )


def test_the_share_leaves_out_what_is_unknown() -> None:
    lines = page().sections[1].lines
    assert lines[0].startswith(
        "已清楚的 7 个环节中，3 个自产或已有供应，完整度 42.9%；另有 3 个待核实"
    )
    assert "在 30.0% 与 60.0% 之间" in lines[0]
    assert lines[1] == "本链另有 2 个环节不在链主所需之列。"


def test_word_holds_the_numbers_of_the_answers() -> None:
    document = word(page())
    assert texts(document)[0] == "这条链断在哪、先补谁？"
    assert page().headline in texts(document)
    gaps = rows_of(document, 2)
    by_id = {s.segment: s for s in made.GAPS.segments}
    assert len(gaps) - 1 == len(made.GAPS.gaps)
    for row, id_ in zip(gaps[1:], made.GAPS.gaps, strict=True):
        s = by_id[id_]
        assert row[1].startswith(f"{s.name}\n")
        assert s.interval is not None
        assert row[3:5] == [f"{s.severity:.2f}", f"[{s.interval[0]:.2f}, {s.interval[1]:.2f}]"]
    assert gaps[3] == [
        "3", "轴承\n轴承 → 减速器 → 工业机器人", "△ 弱链\n+ 外采、陈旧", "0.29", "[0.20, 0.36]",
        "济南鲁重轴承有限公司、青岛恒力精密传动有限公司",
    ]  # fmt: skip
    waiting = rows_of(document, 3)
    assert [row[2] for row in waiting[1:]] == ["0.40", "0.31", "0.22"]
    best = rows_of(document, 4)
    assert [row[2] for row in best[1:]] == ["0.262", "0.180", "0.030"]  # who fills nothing is out
    assert best[2][3:5] == ["[0.090, 0.240]", "22.8%"]
    assert best[2][5].startswith("补“伺服电机”缺口")


def test_parks_come_by_fit_and_those_that_fail_are_counted() -> None:
    section = page().sections[5]
    assert section.table is not None
    parks = [[cell.value for cell in row] for row in section.table.rows]
    assert [row[1:3] for row in parks] == [["智能制造产业园", 0.8], ["a", 0.3]]
    assert section.bullets == [
        "“精密减速器与轴承一体化项目”：2 个园区可放，1 个不符合硬性条件，1 个无数据。"
    ]
    assert page(fits={}).sections[5].table is None


def test_a_park_that_fits_badly_is_no_park_without_data() -> None:
    section = page(fits={"p-2": [fit("a", 0.0), fit("b", 0.0, failed=True)]}).sections[5]
    assert section.bullets[0].endswith("1 个园区可放，1 个不符合硬性条件，0 个无数据。")
    assert section.table is not None
    assert [row[2].value for row in section.table.rows] == [0.0]


def test_each_source_is_named_once() -> None:
    evidence = {f"ev{n}": EvidenceFact("申报表", None, f"2024-0{n}-01", "declared") for n in (1, 2)}
    section = page(
        evidence={**evidence, "ev3": EvidenceFact(None, None, None, "inferred")}
    ).sections[6]
    assert section.table is not None
    assert [[c.value for c in row] for row in section.table.rows] == [
        ["申报表", "2024-01-01 – 2024-02-01", "申报或公开", 2],
        ["来源未注明", "日期未注明", "推断", 1],
    ]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_page_and_word_say_the_same(lang: str) -> None:
    shown = page(lang)
    html, document = render(shown), word(shown)
    found = Checked(html)
    assert found.open == []
    flat = re.sub(r"\s+", "", "".join(found.text))
    said = [*texts(document), *(t for at in range(7) for row in rows_of(document, at) for t in row)]
    assert len(document.tables) == len(found.all("table")) == 7
    assert [t for t in said if re.sub(r"\s+", "", t) not in flat] == []


def test_an_english_report_holds_no_chinese_word() -> None:
    shown = plain(page("en", {id: id for id in made.NAMES}))
    said = [*texts(word(shown)), *Checked(render(shown)).text]
    assert not [ch for ch in "".join(said).replace("中文", "") if "一" <= ch <= "鿿"]


def test_names_cannot_become_markup_or_break_word() -> None:
    evil = f"{made.EVIL}\x00\x08\x0b\x1b\ud800\ufffe\n\u2028]]>&amp;"
    shown = poisoned(page(names=dict.fromkeys(made.NAMES, evil)), evil)
    content = report_docx(shown)
    document = Document(io.BytesIO(content))
    assert f"{made.EVIL} " in document.tables[2].rows[1].cells[1].text
    assert "]]>&amp;" in document.tables[2].rows[1].cells[1].text
    xml = ZipFile(io.BytesIO(content)).read("word/document.xml").decode("utf-8")
    assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", xml)
    assert "<script>alert(1)" not in render(shown).encode("utf-8", "replace").decode()


def test_a_chain_has_no_intervals_and_says_why() -> None:
    asked = replace(made.ASKED, leader=None, chain="robot", world="closed")
    answer = replace(made.GAPS, question=asked, notes=["closed_world"])
    shown = page(answer=answer, rank=replace(made.RANK, question=asked))
    assert "区间" not in rows_of(word(shown), 2)[0]
    assert any("整条链提问时不给区间" in line for line in texts(word(shown)))
    assert any("一律视为没有" in line for line in texts(word(shown)))


def test_nothing_to_report_is_said() -> None:
    empty = replace(
        made.GAPS, segments=[], gaps=[], to_verify=[], in_house=[], notes=["no_products"]
    )
    none = completeness(replace(made.MAP, cells=[]), empty)
    shown = page(
        answer=empty,
        completeness=none,
        rank=replace(made.RANK, candidates=[]),
        fits={},
        evidence={},
    )
    document = word(shown)
    assert "没有已确认的缺口" in texts(document)
    assert "没有能补的候选" in texts(document)
    assert "没有登记依据" in texts(document)
    assert not any("完整度 " in line for line in texts(document))
    assert "需要 0 个环节" not in shown.headline  # what is needed is unknown
    assert "还说不出青岛海控机器人有限公司需要什么" in shown.headline
    assert Checked(render(shown)).open == []


def test_an_office_s_own_template_keeps_its_styles(tmp_path: Path) -> None:
    office = Document()
    office.styles["Heading 1"].font.name = "方正小标宋"
    office.styles.add_style("Office Body", WD_STYLE_TYPE.PARAGRAPH)
    office.styles["Table Grid"].element.getparent().remove(office.styles["Table Grid"].element)
    office.sections[0].header.paragraphs[0].text = "某某开发区管委会"
    office.save(str(tmp_path / "office.docx"))
    document = word(page(), str(tmp_path / "office.docx"))
    assert document.styles["Heading 1"].font.name == "方正小标宋"
    assert "Office Body" in document.styles
    assert document.sections[0].header.paragraphs[0].text == "某某开发区管委会"
    heads = [p.text for p in document.paragraphs if p.style and p.style.name == "Heading 1"]
    assert heads == [s.title for s in page().sections]
    assert all("tblBorders" in t._tbl.xml for t in document.tables)  # it has no grid of its own


def test_a_template_that_is_none_is_told_so(tmp_path: Path) -> None:
    broken = tmp_path / "x.docx"
    broken.write_bytes(b"PK\x03\x04 no")
    for path in (broken, tmp_path / "none.docx", tmp_path):
        with pytest.raises(UsageError) as caught:
            report_docx(page(), str(path))
        assert caught.value.code == "bad_report_template"


def test_no_word_of_the_report_lies_unused() -> None:
    sources = "".join(
        (Path(render.__code__.co_filename).parent / name).read_text("utf-8")
        for name in ("report.py", "report_parts.py", "templates/report.html")
    )
    for key in catalogue("zh"):
        group, _, name = key.partition(".")
        if group in ("report", "report_head") and not name.startswith(
            ("limit_open", "limit_closed")
        ):
            assert re.search(rf'"({group}\.)?{name}"', sources), key

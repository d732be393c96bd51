"""The documents of a meeting, opened again."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from docx.document import Document as WordDocument
from docx.shared import Cm
from docx.table import Table
from openpyxl import Workbook, load_workbook

from graph.errors import UsageError
from graph.review.account import MeetingAnswer, account
from graph.review.batch import Batch, Placement, Use
from graph.review.meeting import Ballot, Recusal
from tests.graph.review import meetings as m
from viz.review_docs import Provenance, minutes_docx, opinion_docx, scores_xlsx
from viz.review_words import recusal_text

SHA = "ab" * 32
GIVEN = Provenance([7], ["标准 2026.1"], SHA, "lianzhu review replay m1", date(2026, 7, 20))
NAMES = {"park": "滨海园", "else": "山海园", "third": "第三园"}
EVIL = '=HYPERLINK("http://x","y")'


@pytest.fixture
def answer() -> MeetingAnswer:
    """Two projects, reopened once: one on conditions, one referred; p2 has unknown numbers."""
    return account(m.full(), lambda _: True)


def word(content: bytes) -> WordDocument:
    return Document(io.BytesIO(content))


def texts(document: WordDocument) -> list[str]:
    return [p.text for p in document.paragraphs]


def rows(table: Table) -> list[list[str]]:
    return [[cell.text for cell in row.cells] for row in table.rows]


def titled(document: WordDocument, caption: str) -> list[list[str]]:
    """The table under a caption."""
    found = [p.text for p in document.paragraphs if p.style and p.style.name == "Caption"]
    return rows(document.tables[found.index(caption)])


def opened(content: bytes) -> Workbook:
    return load_workbook(io.BytesIO(content))


def sheet(book: Workbook, name: str) -> list[dict[str, Any]]:
    """The rows of a sheet by head."""
    found = next(s for s in book if s.title.endswith(name))
    head, *rest = found.iter_rows(values_only=True)
    return [dict(zip(map(str, head), row, strict=True)) for row in rest]


def opinion(answer: MeetingAnswer, at: int = 0, lang: str = "zh", **more: Any) -> WordDocument:
    return word(opinion_docx(answer, answer.projects[at], NAMES, lang, GIVEN, **more))


def test_an_opinion_says_what_was_decided_and_why(answer: MeetingAnswer) -> None:
    document = opinion(answer)
    told = texts(document)
    assert told[:3] == ["项目准入评审意见书", "2026年度第三次 · 项目p1", "评审结论：附条件通过"]
    assert "会议结论：附条件通过。" in told
    assert "按标准计算：通过（按总分）。" in told
    assert "得分：95.0（满分 100）。" in told
    assert "重新打开前的结论：通过。" in told
    assert "丁（暂缓）：按标准" in told
    assert "表决：附条件通过 2 票、暂缓 1 票；须有 2 人参加，多数意见：附条件通过。" in told
    assert f"会议校验值（SHA-256）：{SHA}" in told
    assert "核验：lianzhu review replay m1" in told
    assert "管委会 二〇二六年七月十日" in told
    about = dict(tuple(row) for row in titled(document, "项目概况"))
    assert about["园区"] == "滨海园"
    assert about["日期"] == "二〇二六年七月十日"
    assert about["评委"] == "甲、乙、丁"
    assert titled(document, "条件")[1] == [
        "tax-per-mu",
        "不低于 25",
        "万元/亩",
        "2027-12-31",
        "完税证明",
    ]
    assert titled(document, "表决")[3] == ["丁", "暂缓", "按标准", "否"]
    assert not any("定稿" in line for line in told)


def test_expert_and_computed_items_are_told_apart(answer: MeetingAnswer) -> None:
    items = titled(opinion(answer), "评分")
    assert items[1][:4] == ["科技含量", "研发投入强度", "计算", "本程序按标准计算"]
    experts = [row[3:5] for row in items if row[2] == "专家"]
    assert experts == [["评委中位数", "4.00"], ["甲", "3"], ["乙", "4"], ["丁", "5"]]


def test_what_is_unknown_says_so_and_is_never_0(answer: MeetingAnswer) -> None:
    document = opinion(answer, 1)
    assert "得分：51.6–99.5（满分 100）。" in texts(document)
    unknown = [row for row in titled(document, "评分") if row[9].startswith("缺：")]
    assert unknown
    assert {cell for row in unknown for cell in (row[4], row[7])} == {"无数据"}
    made = next(r for r in sheet(opened(_sheet(answer)), "总表") if r["项目"] == "项目p2")
    assert (made["得分"], made["至多"]) == ("无数据", 99.5)
    masked = account(m.full(), lambda _: False)
    hidden = sheet(opened(_sheet(masked)), "总表")[0]
    names = ("得分", "至少", "至多", "科技含量", "亩均效益", "完整", "门槛", "按标准计算")
    assert {hidden[name] for name in names} == {"无数据"}


def test_a_meeting_that_is_not_over_is_no_final_document() -> None:
    open_ = account(m.sealed(), lambda _: True)
    document = opinion(open_)
    assert "※ 未定稿：会议还没有作出全部结论。" in texts(document)
    assert "会议结论：尚未作出结论。" in texts(document)
    assert "表决：没有表决；须有 2 人参加，多数意见：没有过半。" in texts(document)
    bare = replace(GIVEN, sha256="")
    told = texts(word(minutes_docx(open_, NAMES, "zh", bare)))
    assert "会议校验值（SHA-256）：封存前不给" in told


def test_minutes_tell_every_project_under_its_park(answer: MeetingAnswer) -> None:
    told = texts(word(minutes_docx(answer, NAMES, "zh", GIVEN)))
    assert told[:2] == ["第三次评审会会议纪要", "2026年度第三次"]
    assert told[2] == "会议评审两个园区的两个项目：附条件通过一个、转荐其他园区一个。"
    at = told.index("三、山海园")
    assert told[at + 1].startswith("项目p2（申请人）：转荐其他园区（第三园）。按标准计算：")
    assert told[at + 2] == "四、滨海园"
    assert "不同意见：丁（暂缓）：按标准。" in told[at + 3]
    condition = "tax-per-mu不低于 25 万元/亩，证明材料：完税证明。"
    assert f"条件：截至二〇二七年十二月三十一日（含当日），{condition}" in told[at + 3]
    assert "主持 + s: 材料有误" in told
    assert "会议通知为" not in "".join(told)


def test_minutes_name_what_the_meeting_was_called_for(answer: MeetingAnswer) -> None:
    many = replace(answer, announced=(5, 21), ordinal=11, year=2022)
    told = texts(word(minutes_docx(many, NAMES, "zh", GIVEN)))
    assert told[1] == "2022年度第十一次"
    assert "会议通知为五个园区、二十一个项目。" in told


def test_the_best_batch_stands_beside_the_choice(answer: MeetingAnswer) -> None:
    best = Batch([Placement("p1", "park")], 2.5, 2.5, True, {}, [], [])
    over = Use("third", "land_mu", 60.0, 50.0, 10.0, ["p2"])
    chosen = Batch([Placement("p2", "third")], 1.25, None, False, {}, [], [over])
    both = replace(answer, batch=best)
    table = titled(word(minutes_docx(both, NAMES, "zh", GIVEN, chosen)), "批次")
    assert table[1:] == [
        ["最优批次", "2.500", "1", "是", "无"],
        ["会议选择", "1.250", "1", "", "第三园用地超 10 亩"],
    ]
    found = sheet(opened(scores_xlsx(both, NAMES, "zh", GIVEN, chosen)), "总表")
    assert [row["最优批次"] for row in found] == ["滨海园", "未选"]
    assert [row["会议选择"] for row in found] == ["未选", "第三园"]


def test_the_workbook_has_a_row_a_project_and_a_sheet_a_kind(answer: MeetingAnswer) -> None:
    book = opened(_sheet(answer))
    assert [s.title for s in book] == [
        "1 总表", "2 门槛", "3 评分", "4 意见", "5 表决", "6 条件", "口径",
    ]  # fmt: skip
    first, second = sheet(book, "总表")
    assert (first["项目"], first["园区"], first["得分"]) == ("项目p1", "滨海园", 95)
    assert (first["按标准计算"], first["会议结论"]) == ("通过（按总分）", "附条件通过")
    assert (first["多数意见"], first["不同意见"]) == ("附条件通过", "丁（暂缓）：按标准")
    assert second["完整"] == "不符（年产值）"
    assert second["回避"] == "丙（同一集团）"
    assert len(sheet(book, "表决")) == 5
    assert [r["谁"] for r in sheet(book, "意见") if r["项目"] == "项目p1"] == [
        "甲",
        "乙",
        "丁",
        "甲",
    ]
    assert sheet(book, "条件")[0]["期限"] == "2027-12-31"
    basis = {row[0]: row[1] for row in book["口径"].iter_rows(values_only=True)}
    assert basis["会议校验值（SHA-256）"] == SHA
    assert basis["图谱版本"] == "7"


def test_text_never_becomes_a_formula(answer: MeetingAnswer) -> None:
    one = answer.projects[0]
    told = replace(
        one, name=EVIL, applicant="+1", reason="@x",
        ballots=[Ballot("a", "approved", EVIL)], cards=[replace(one.cards[0], opinion=EVIL)],
    )  # fmt: skip
    book = opened(_sheet(replace(answer, projects=[told])))
    cells = [cell for s in book for row in s.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} == {"s", "inlineStr", "n"}  # "f" is a formula
    assert sheet(book, "总表")[0]["项目"] == EVIL
    assert sheet(book, "意见")[0]["意见"] == EVIL
    document = opinion(replace(answer, projects=[told]))
    assert f"2026年度第三次 · {EVIL}" in texts(document)


def test_a_template_keeps_its_letterhead_and_styles(answer: MeetingAnswer, tmp_path: Path) -> None:
    template = Document()
    template.sections[0].header.paragraphs[0].text = "某某管理委员会"
    template.sections[0].footer.paragraphs[0].text = "机密"
    template.sections[0].left_margin = Cm(4)
    template.styles["Heading 1"].font.name = "方正小标宋"
    template.add_paragraph("管委〔2026〕1 号")
    path = tmp_path / "opinion.docx"
    template.save(str(path))
    document = opinion(answer, template=str(path))
    assert document.sections[0].header.paragraphs[0].text == "某某管理委员会"
    assert document.sections[0].footer.paragraphs[0].text == "机密"
    assert document.sections[0].left_margin == pytest.approx(Cm(4), rel=1e-3)
    assert document.styles["Heading 1"].font.name == "方正小标宋"
    assert texts(document)[:2] == ["管委〔2026〕1 号", "项目准入评审意见书"]
    path.write_text("no document")
    with pytest.raises(UsageError) as caught:
        opinion(answer, template=str(path))
    assert caught.value.code == "bad_report_template"


def test_a_recusal_names_the_tie_and_leaves_own_words_alone() -> None:
    names = {"e1": "甲公司", "e2": "乙公司"}
    tie = Recusal("a", "supply:e1:e2", found=True)
    assert recusal_text("zh", tie, names) == "供需关系（甲公司 → 乙公司）"
    assert recusal_text("zh", Recusal("a", "introduced", found=True), names) == "由其单位引荐"
    assert recusal_text("zh", Recusal("a", "supply:我自己说的"), names) == "supply:我自己说的"


def test_english_is_whole(answer: MeetingAnswer) -> None:
    document = opinion(answer, lang="en")
    assert texts(document)[:3] == [
        "Opinion of the admission review",
        "Session 3 of 2026 · 项目p1",
        "Conclusion: approved on condition",
    ]
    book = opened(scores_xlsx(answer, NAMES, "en", replace(GIVEN, sample=True)))
    assert book.sheetnames[0] == "1 Overview"
    told = texts(word(minutes_docx(answer, NAMES, "en", replace(GIVEN, sample=True))))
    assert told[3] == "※ Sample: made from demonstration data; nobody's real review."
    assert not any("reviewdoc" in line for line in told)


def _sheet(answer: MeetingAnswer) -> bytes:
    return scores_xlsx(answer, NAMES, "zh", GIVEN)

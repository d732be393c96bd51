"""Every page in both languages: complete, safe, accessible, and small."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from importlib.resources import files
from typing import Any

import pytest

from tests.viz import made
from tests.viz.checked import Checked, plain, poisoned
from tests.viz.test_flows import ROWS, compare_page, flows_page
from tests.viz.test_guide import page as guide_page
from tests.viz.test_heat import page as heat_page
from tests.viz.test_report import page as report_page
from viz import contexts as c
from viz.pages import render
from viz.relations import GraphPage


def pages(lang: str, names: Mapping[str, str] = made.NAMES) -> dict[str, Any]:
    """Every page once, by the name of its file."""
    return {
        **made.pages(lang, names),
        "flows": flows_page(ROWS, lang, names),
        "compare": compare_page(lang, names=names),
        "compare-first": compare_page(lang, 0, names),
        "heat": heat_page(lang, names=names),
        "report": report_page(lang, names),
        "guide": guide_page(lang),
    }


PAGES = [(lang, name) for lang in ("zh", "en") for name in pages("zh")]
SHOWN = list(dict.fromkeys(type(page) for page in made.pages("zh").values()))


@pytest.mark.parametrize(("lang", "name"), PAGES)
def test_page_is_whole_and_accessible(lang: str, name: str) -> None:
    page = pages(lang)[name]
    html = render(page)
    found = Checked(html)
    assert found.open == []
    assert found.all("html") == [{"lang": "zh-CN" if lang == "zh" else "en"}]
    assert len(found.all("h1")) == len(found.all("main")) == 1
    assert len(found.all("caption")) == len(found.all("table"))
    assert all("scope" in attrs for attrs in found.all("th"))
    ids = [attrs["id"] for _, attrs in found.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    assert all(attrs.get("title") for attrs in found.all("iframe"))
    if page.frame.data_date:
        assert "2024-06-30" in html
        assert ">42<" in html or " 42" in html


@pytest.mark.parametrize(("lang", "name"), PAGES)
def test_page_stays_inside(lang: str, name: str) -> None:
    found = Checked(render(pages(lang)[name]))
    urls = [
        value for _, attrs in found.tags for key, value in attrs.items()
        if key in ("href", "src", "action") and value
    ]  # fmt: skip
    assert all(u.startswith(("/", "#")) and not u.startswith("//") for u in urls)


@pytest.mark.parametrize("name", pages("zh"))
def test_english_pages_hold_no_chinese_words(name: str) -> None:
    english = {"en": "中文"}
    names = {id: id for id in made.NAMES}
    page = plain(pages("en", names)[name])
    text = "".join(Checked(render(page)).text)
    for known in (*english.values(), "填好的模板"):
        text = text.replace(known, "")
    assert not [ch for ch in text if "一" <= ch <= "鿿"]


@pytest.mark.parametrize(("lang", "name"), PAGES)
def test_names_cannot_become_markup(lang: str, name: str) -> None:
    evil = f'{made.EVIL}"\' onmouseover=alert(1) x="'
    page = poisoned(pages(lang, dict.fromkeys(made.NAMES, evil))[name], evil)
    html = render(page)
    assert "<script>alert(1)" not in html
    Checked(html)


@pytest.mark.parametrize("page", SHOWN, ids=lambda page: page.__name__)
def test_every_field_of_a_page_is_shown(page: type) -> None:
    source = (files("viz") / "templates" / page.template).read_text("utf-8")
    unused = [f.name for f in fields(page) if f"page.{f.name}" not in source and f.name != "frame"]
    # gaps feed `local` and the filter, a fit's answer its cells; the method's texts are files.
    assert set(unused) <= {"evidence", "scheme", "answer"}


def test_titles_are_questions() -> None:
    questions = {
        "home": "今天要处理什么？",
        "chain": "这条链长什么样、断在哪？",
        "gaps": "先补哪里？",
        "candidates": "哪些企业能补？",
        "graph": "谁和谁有关系？",
        "entity": "这家企业/项目是谁？",
    }
    pages = made.pages("zh")
    for name, title in questions.items():
        html = render(pages[name])
        assert f"<h1>{title}</h1>" in html
        assert f"<title>{title} · 链主</title>" in html


def test_sample_banner_and_its_button() -> None:
    html = render(made.pages("zh")["home"])
    assert "示例数据" in html
    assert '<form method="post" action="/blank">' in html
    own = replace(made.pages("zh")["home"], frame=made.frame(path="/", sample=False))
    assert "示例数据</strong>" not in render(own)


def test_an_empty_store_says_what_to_do() -> None:
    html = render(made.pages("zh")["empty"])
    assert 'href="/template.xlsx"' in html
    assert "lianzhu import --dry-run" in html


def test_chain_page_tells_gap_from_unknown() -> None:
    html = render(made.pages("zh")["chain"])
    assert "命中 4 个缺口" in html
    assert "待核实 3 个" in html
    assert 'class="cell t-missing level-4" id="seg-s-servo"' in html
    assert "/chains/robot/candidates?leader=e-lead&amp;segment=s-servo" in html
    assert "本区无数据" in html
    assert "★青岛海控机器人有限公司" in html


def test_gaps_page_leads_on() -> None:
    html = render(made.pages("zh")["gaps"])
    assert "轴承 → 减速器 → 工业机器人" in html
    assert "※ 链主需求量、可用率" in html
    assert html.count('action="/surveys"') == 3
    for name in ("segment", "region", "chain", "leader", "verdict", "firm", "source", "as_of"):
        assert f'name="{name}"' in html
    assert 'name="next" value="/chains/robot/gaps?leader=e-lead#verify"' in html


def test_unknown_is_never_zero() -> None:
    page = made.pages("zh")["gaps"]
    bare = replace(page.answer, total_interval=None, question=replace(made.ASKED, leader=None))
    html = render(replace(page, answer=bare))
    assert 'title="整条链不给区间，请选一家链主">—' in html
    assert '<span class="hatched">无数据</span>' in html


def test_candidates_explain_themselves() -> None:
    html = render(made.pages("zh")["candidates"])
    assert "补“伺服电机”缺口：本区 0 家在产，短缺 1.00 → 0.46，占链主缺口 22.8%" in html
    assert "补齐“伺服电机”的产能证明可使区间缩小最多" in html
    assert "核实后：若待核实环节确无供应，补链贡献为 31.0%" in html
    assert "青岛胶东线缆有限公司已在本区，不是招引对象（黄岛区）" in html
    assert "无落位轴承制造有限公司" in html
    assert 'width="68.70"' in html  # 0.18 of the longest bar, 0.262


def test_claims_that_differ_show_the_winner_first() -> None:
    html = render(made.pages("zh")["entity"])
    assert html.index("12,000") < html.index("√ 采用") < html.index("9,800") < html.index("未采用")
    assert "营业收入（万元）" in html
    assert "中型" in html
    assert "黄岛区" in html


def test_the_graph_is_framed_and_listed() -> None:
    html = render(made.pages("zh")["graph"])
    assert 'sandbox="allow-scripts"' in html
    assert 'src="/chains/robot/graph/frame?leader=e-lead"' in html
    assert "还有 12 个未显示" in html
    assert 'href="/chains/robot/graph?leader=e-lead&amp;limit=170"' in html
    assert 'id="graph-things"' in html
    assert 'href="/entities/Enterprise/e-2?leader=e-lead&amp;chain=robot"' in html
    assert 'href="/chains/robot/graph?leader=e-lead&amp;expand=Segment%3As-robot"' in html


def test_the_worked_example_is_right() -> None:
    c_, x, rho = 0.875 * 0.6, 0.25 * 0.9, 0.9
    before = 1 - rho * x
    after = 0.09 * (1 - 0.9) + 0.09 * (1 - x) + 0.01
    gain = c_ * (before - after)
    told = [c_, c_ * before, after, gain, gain / 1.2 * 0.79]
    html = render(made.pages("zh")["method"])
    assert all(f"{value:.3f}" in html for value in told)
    assert f"{before:.4f}" in html
    assert f"{gain / 1.2:.1%}" in html


def many(n: int) -> Iterator[str]:
    return (f"x{i:05}" for i in range(n))


def test_long_pages_stay_under_300_kb() -> None:
    names = dict.fromkeys(many(3000), "青岛某某精密机械制造股份有限公司")
    ids = list(names)
    suppliers = made.SEGMENTS[0].suppliers * 20
    segments = [made.segment(i, "weak", 0.5, 0.5, suppliers=suppliers, evidence=["ev1"] * 30)
                for i in ids]  # fmt: skip
    verify = [replace(made.GAPS.to_verify[0], segment=i) for i in ids]
    gaps = replace(made.GAPS, segments=segments, gaps=ids, to_verify=verify)
    ranked = [replace(made.BOTH, id=i, parts=made.BOTH.parts * 4) for i in ids]
    rank = replace(made.RANK, candidates=ranked, locate_first=ids)
    cells = [replace(made.MAP.cells[3], segment=i) for i in ids]
    nodes, rels = made.graph(285)
    firms = [c.Choice(i, names[i]) for i in ids]
    frame = made.frame(leaders=firms, regions=firms[:60])
    facts = [replace(r, id=i) for i in ids for r in made.DOSSIER.related[:1]]
    dossier = replace(made.DOSSIER, related=facts)
    for page in (
        c.GapsPage(frame, gaps, names, made.EVIDENCE),
        c.CandidatesPage(frame, rank, names, made.EVIDENCE, segments[:200]),
        c.ChainPage(frame, replace(made.MAP, cells=cells), names),
        GraphPage(frame, made.shown(nodes[:300], rels), names),
        c.EntityPage(frame, dossier, names),
    ):
        assert len(render(page).encode()) <= 300_000, type(page).__name__


def test_long_tables_turn_pages() -> None:
    ids = list(many(100))
    ranked = [replace(made.SERVO, id=i, name=i) for i in ids]
    frame = made.frame(path="/chains/robot/candidates")
    page = c.CandidatesPage(frame, replace(made.RANK, candidates=ranked), {}, {}, offset=30)
    html = render(page)
    assert "第 31–60 行，共 100 行" in html
    assert 'href="/chains/robot/candidates?leader=e-lead&amp;from=60"' in html
    assert 'href="/chains/robot/candidates?leader=e-lead">上一页' in html


def test_urls_keep_the_question_and_escape_ids() -> None:
    frame = c.Frame("en", "/chains/机器人", {"leader": "甲/乙", "lang": "en", "all": "1"})
    frame = replace(frame, chain="a/b?")
    assert frame.chain_url("gaps") == "/chains/a%2Fb%3F/gaps?leader=%E7%94%B2%2F%E4%B9%99&lang=en"
    assert frame.here(lang=None, all=None).startswith("/chains/%E6%9C%BA%E5%99%A8%E4%BA%BA?leader=")
    url = frame.entity_url("Project", "p 1")
    assert url == "/entities/Project/p%201?leader=%E7%94%B2%2F%E4%B9%99&lang=en&chain=a%2Fb%3F"

"""Stories on paper, before they are typeset: everything said, escaped, and nothing loaded."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape

import pytest

from graph.review.account import MeetingAnswer, account
from tests.graph.review import meetings as m
from tests.viz.checked import Checked
from tests.viz.test_report import page as report_page
from tests.viz.test_review_docs import GIVEN, NAMES
from viz.paper import paper_html, shares
from viz.report_docx import Story
from viz.review_scores import scores_story
from viz.review_stories import minutes_story, opinion_story
from viz.words import word

EVIL = '</style><img src="http://x.example/a.png"><script>1</script>\x00\ud800'


@pytest.fixture
def answer() -> MeetingAnswer:
    return account(m.full(), lambda _: True)


def stories(answer: MeetingAnswer, lang: str) -> list[Story]:
    return [
        minutes_story(answer, NAMES, lang, GIVEN),
        opinion_story(answer, answer.projects[0], NAMES, lang, GIVEN),
        scores_story(answer, NAMES, lang, GIVEN),
        report_page(lang),
    ]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_paper_says_all_of_its_story(answer: MeetingAnswer, lang: str) -> None:
    for story in stories(answer, lang):
        text = unescape(paper_html(story))
        told = [story.title, story.subject, story.headline, *story.notes, story.foot]
        for section in story.sections:
            told += [section.title, *section.lines, section.more, *section.bullets]
            table = section.table
            for row in table.rows if table else ():
                pairs = zip(row, table.columns if table else (), strict=True)
                told += [story.told(*pair) for pair in pairs] + [cell.note for cell in row]
        assert [one for one in told if one not in text] == []


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_paper_is_whole_and_loads_nothing(answer: MeetingAnswer, lang: str) -> None:
    spoilt = replace(answer, title=EVIL, host=EVIL)
    names = dict.fromkeys(NAMES, EVIL)
    papers = [
        *(paper_html(story) for story in stories(spoilt, lang)),
        paper_html(opinion_story(spoilt, spoilt.projects[0], names, lang, GIVEN)),
        paper_html(replace(minutes_story(spoilt, names, lang, GIVEN), headline=EVIL)),
    ]
    for html in papers:
        found = Checked(re.sub(r"<col [^>]*>", "", html))
        assert found.open == []
        for tag in ("script", "img", "a", "link", "iframe", "object", "base"):
            assert found.all(tag) == []
        assert not {"src", "href", "url("} & {key for _, attrs in found.tags for key in attrs}
        assert "url(" not in html
        assert "@import" not in html
        html.encode()  # no half of a character is left
        assert "\x00" not in html


def test_only_the_sample_is_marked_on_every_page(answer: MeetingAnswer) -> None:
    own, sample = (
        paper_html(minutes_story(answer, NAMES, "zh", replace(GIVEN, sample=sample)))
        for sample in (False, True)
    )
    badge = word("zh", "sample.badge")
    assert (own.count(badge), sample.count(badge)) == (0, 1)  # once, repeated as a running head
    assert "position: running(mark)" in sample


def test_columns_get_what_they_need_and_long_texts_most() -> None:
    # Needs: 2 + 2, 8 + 2, min(20, 14) + 2 = 30 of 100 half-widths; full: 4, 10, 22, 402.
    cells = [["名", "得分", "号", "理由"], ["甲", "81.1-9.1", "x" * 20, "字" * 200]]
    named, points, number, reason = shares(cells, 100)
    assert named + points + number + reason == pytest.approx(100, abs=0.2)
    assert named == pytest.approx(4, abs=0.5)
    assert points == pytest.approx(10, abs=0.5)
    assert 16 <= number <= 22
    assert reason > 60
    # 6 and 8 half-widths, and the rest of the line as √(4² + 4²) : √(4² + 6²), 5.66 : 7.21.
    assert shares([["项目", "内容"], ["园区", "滨海园"]], 118) == [43.8, 56.2]
    assert shares([["甲"]], 100) == [100.0]


def test_the_score_sheet_tells_points_then_conclusions(answer: MeetingAnswer) -> None:
    points, concluded, *_ = scores_story(answer, NAMES, "zh", GIVEN).sections
    assert points.table is not None
    assert concluded.table is not None
    heads = [[c.title for c in t.columns] for t in (points.table, concluded.table)]
    assert heads[0][0] == heads[1][0] == "项目"
    assert heads[0][-3:] == ["得分", "至少", "至多"]
    assert {"按标准计算", "会议结论", "票数"} <= set(heads[1])
    assert [row[0].value for row in concluded.table.rows] == ["项目p1", "项目p2"]
    assert "评审意见书" in points.more

"""One catalogue: both languages say the same things, and pages say nothing else."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path
from string import Formatter

import pytest

from graph.model import GRADES, LABELS, RELATIONS
from graph.question import Assumptions
from graph.tables import TABLES
from viz.palette import TYPES
from viz.words import LANGS, Message, catalogue, language, message, term, word

TEMPLATES = {p.name: p.read_text("utf-8") for p in (files("viz") / "templates").iterdir()}
SOURCES = [
    p.read_text("utf-8")
    for package in ("viz", "api")
    for p in Path(str(files(package))).rglob("*.py")
]
TEXT = "\n".join([*TEMPLATES.values(), *SOURCES])

FLAGS = ("broken", "leakage", "extension", "stale")
WHY = [
    "not_in_chain", "inside_region", "only_locate_first", "closed", "moved", "operating", "lost",
    "unknown_segment", "own_project", "no_offer", "is_leader", "no_gain", "ranked_lower",
]  # fmt: skip
# Groups whose keys are codes of the data, or are put together from two parts.
COMPOSED = {
    "account_must", "act", "advice", "amount", "announced_basis", "announced_head",
    "announced_what", "appeal_state", "audit_action", "audit_fact", "audit_head", "audit_open",
    "audit_role", "audit_status", "beside", "beside_gloss", "blank", "bound", "change", "choose",
    "cli", "compare_basis", "compare_head", "component", "component_gloss", "consult_answer",
    "consult_event", "consult_head", "consult_state", "direction", "doctor", "effect_chain",
    "effect_chosen", "effect_head", "effect_move", "effect_parks", "effect_state", "environment",
    "filing_group", "filing_head", "filing_next", "filing_state", "filing_text", "fit_head", "fix",
    "flag", "flag_advice", "gap_head", "gate", "gloss", "grade", "guide_add", "guide_head",
    "guide_held", "guide_question", "guide_step", "head", "indicator", "input", "kind", "kind_mark",
    "label", "list_head", "list_status", "narrow", "note", "notice", "outcome", "password_rule",
    "people_head", "people_state", "pledge_form", "pledge_head", "pledge_proposal", "pledge_source",
    "pledge_standing", "pledge_sum", "precheck_head", "precheck_kind", "precheck_missing",
    "precheck_open", "precheck_why", "project_stage", "proximity", "pursuit_due", "pursuit_field",
    "pursuit_head", "pursuit_move", "pursuit_proposed", "quadrant", "quadrant_means", "rate",
    "record_table", "relation", "relation_in", "relation_out", "report", "report_head",
    "report_stage", "report_table", "review_cli_difference", "review_cli_state", "review_term",
    "review_veto", "reviewdoc_by", "reviewdoc_head", "reviewdoc_over", "reviewdoc_recusal",
    "reviewdoc_seat", "reviewdoc_stance", "reviewdoc_table", "role", "route", "rule", "rule_unit",
    "schema_head", "session_head", "session_mine", "session_resource", "session_state",
    "session_step", "size", "stage", "standard_chain", "standard_field", "standard_head",
    "standard_state", "standing", "task_head", "task_reason", "task_state", "term", "tint",
    "tint_short", "todo", "token_head", "token_scope", "trend_head", "type", "unit", "verdict",
    "why", "why_about", "world",
}  # fmt: skip


def test_both_languages_have_the_same_keys_and_facts() -> None:
    zh, en = catalogue("zh"), catalogue("en")
    assert set(zh) == set(en)
    assert {k: facts_in(zh[k]) for k in zh} == {k: facts_in(en[k]) for k in en}


def facts_in(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_every_key_the_templates_use_exists() -> None:
    used = set(re.findall(r'\b(?:t\(|word\(\S*lang, )"([\w.]+)"[,)]', TEXT))
    assert used
    assert used <= set(catalogue("zh"))


def test_every_composed_key_has_its_group() -> None:
    groups = {k.partition(".")[0] for k in catalogue("zh")}
    composed = set(re.findall(r'\bt\("(\w+)\." ~', TEXT))
    worded = set(re.findall(r'\bterm\((?:lang, )?"(\w+)"', TEXT))
    assert composed | worded <= groups


def test_no_word_lies_unused() -> None:
    literal = set(re.findall(r'"(\w+\.\w+)"', TEXT))
    sentences = {f"sentence.{k}" for k in re.findall(r'"(\w+)"', TEXT)}
    keys = {k for k in catalogue("zh") if k.partition(".")[0] not in COMPOSED}
    assert len(keys) > 150
    assert keys - literal - sentences == set()


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize(
    ("group", "codes"),
    [
        ("type", TYPES.keys() - {"none"}),
        ("advice", TYPES.keys() - {"none"}),
        ("flag", FLAGS),
        ("flag_advice", FLAGS),
        ("why", WHY),
        ("narrow", ("capacity", "need", "availability", "stage", "survey")),
        ("relation", RELATIONS),
        ("relation_out", RELATIONS),
        ("relation_in", RELATIONS),
        ("label", LABELS),
        ("grade", GRADES),
        ("kind", ("project", "enterprise", "expansion", "all")),
        ("stage", TABLES["segments"].column("stage").words.values()),
        ("size", [name for name, _ in Assumptions().size_share]),
        ("note", ("no_products", "nothing_required", "pseudo_leader", "closed_world")),
    ],
)
def test_every_code_has_a_word(lang: str, group: str, codes: list[str]) -> None:
    missing = [code for code in codes if f"{group}.{code}" not in catalogue(lang)]
    assert missing == []


def test_term_leaves_an_unworded_code_as_it_is() -> None:
    assert term("zh", "type", "missing") == "缺链"
    assert term("zh", "type", "brand_new") == "brand_new"


def test_word_fills_in_facts_and_refuses_unknown_keys() -> None:
    assert word("zh", "count.gaps", n=3) == "命中 3 个缺口"
    with pytest.raises(KeyError):
        word("zh", "count.nothing")


def test_a_message_nobody_worded_is_its_code() -> None:
    assert message("zh", "no.such-code", {"id": 1}) == Message("no.such-code", "")
    assert message("en", "verified").text.startswith("The check is recorded")


def test_messages_come_from_errors_toml(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = {"zh": "没有{id}，{what}", "en": "no {id}", "zh_hint": "换一个", "en_hint": ""}
    monkeypatch.setattr("viz.words._messages", lambda: {"not_found": entry})
    assert message("zh", "not_found", {"id": "{x}"}) == Message("没有{x}，—", "换一个")
    assert message("en", "error.not_found", {"id": 7}) == Message("no 7", "")


@pytest.mark.parametrize(
    ("asked", "lang"), [("en", "en"), ("EN-us", "en"), ("zh", "zh"), ("", "zh"), (None, "zh")]
)
def test_language_is_chinese_unless_english(asked: str | None, lang: str) -> None:
    assert language(asked) == lang

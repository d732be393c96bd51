"""`lianzhu review …` as a user types it, on the sample meeting and on a small one of one's own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from openpyxl import load_workbook
from pypdfium2 import PdfDocument
from sqlalchemy import create_engine, text
from typer.testing import CliRunner

from api import review_files
from api.cli import app
from api.settings import read_settings
from records import meetings
from records.database import Records
from tests.graph.review.meetings import decided, scoring


def run(*words: object) -> tuple[int, str, str]:
    found = CliRunner().invoke(app, ["review", *map(str, words)])
    return found.exit_code, found.stdout, found.stderr


def told(*words: object) -> dict[str, Any]:
    code, out, err = run(*words, "--json")
    assert code == 0, err
    found: dict[str, Any] = json.loads(out)
    return found


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder of records and graph that every test of this module shares."""
    folder = tmp_path_factory.mktemp("review")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("LIANZHU_GRAPH_URL", f"sqlite:///{folder}/graph.db")
        patched.setenv("LIANZHU_RECORDS_URL", f"sqlite:///{folder}/records.db")
        patched.setenv("LIANZHU_AUDIT_HEADS", f"{folder}/heads.txt")
        patched.setenv("LIANZHU_STANDARDS_DIR", f"{folder}/standards")
        patched.setenv("LIANZHU_LANG", "zh")
        patched.setenv("COLUMNS", "220")
        yield folder


@pytest.fixture(scope="module")
def played(place: Path) -> dict[str, Any]:
    """The sample meeting, played once."""
    return told("demo", "--store", f"sqlite:///{place}/sample.db")


@pytest.fixture
def at_sample(place: Path, played: dict[str, Any]) -> tuple[str, ...]:
    return ("--sample", "--store", f"sqlite:///{place}/sample.db")


@pytest.fixture
def own(place: Path) -> Iterator[Records]:
    """One's own records with one decided meeting, under the id m1."""
    records = read_settings().open_records()
    records.migrate()
    if not meetings.all_of(records):
        meetings.add(records, decided())
    yield records
    records.close()


def test_demo_tells_the_session(played: dict[str, Any]) -> None:
    assert set(played) == {"session", "seconds"}
    assert played["seconds"] > 0


def test_show_is_the_whole_answer(played: dict[str, Any], at_sample: tuple[str, ...]) -> None:
    found = told("show", played["session"], *at_sample)
    assert {"session", "state", "parks", "projects", "panel", "batch"} <= set(found)
    assert (found["session"], found["state"]) == (played["session"], "published")
    assert (len(found["parks"]), len(found["projects"]), len(found["panel"])) == (5, 21, 11)
    first = found["projects"][0]
    assert {
        "id", "name", "applicant", "park", "track", "gates", "heads", "score", "interval",
        "outcome", "conditions", "dissent",
    } <= set(first)  # fmt: skip
    assert all(p["outcome"] for p in found["projects"])
    open_ = [p for p in found["projects"] if p["score"] is None]
    assert open_
    assert all(p["interval"][0] < p["interval"][1] for p in open_)
    due = [c["due"] for p in found["projects"] for c in p["conditions"]]
    assert all(len(day) == 10 for day in due)
    assert found["batch"]["value"] >= found["chosen"]["value"] or found["chosen"]["uses"]
    assert found["batch"]["proven"] is True


def test_show_is_a_table_without_json(at_sample: tuple[str, ...]) -> None:
    code, out, _ = run("show", "latest", *at_sample)
    assert code == 0
    assert "2022年度第四次" in out
    assert "示例车规连接器项目" in out
    assert "附条件通过 2 票、暂缓 1 票" in out


def test_replay_gives_the_same_until_somebody_changes_the_document(
    place: Path, played: dict[str, Any], at_sample: tuple[str, ...]
) -> None:
    assert told("replay", "latest", *at_sample) == {"equal": True, "differences": []}
    engine = create_engine(f"sqlite:///{place}/sample-records.db")
    asked = text("select document from meetings where id = :id")
    with engine.begin() as db:
        kept = db.execute(asked, {"id": played["session"]}).scalar_one()
        # A vote that is changed alters no computed outcome: only the hash tells.
        forged = kept.replace("建议补充材料后再审", "没有意见")
        assert forged != kept
        _write(db, played["session"], forged)
    try:
        code, out, _ = run("replay", played["session"], *at_sample, "--json")
        assert (code, json.loads(out)) == (1, {"equal": False, "differences": ["digest"]})
        code, out, _ = run("replay", played["session"], *at_sample)
        assert code == 1
        assert "有人改过" in out
        with engine.begin() as db:
            _write(db, played["session"], "{")
        code, out, _ = run("replay", played["session"], *at_sample, "--json")
        assert (code, json.loads(out)["differences"]) == (1, ["document"])
    finally:
        with engine.begin() as db:
            _write(db, played["session"], kept)
        engine.dispose()


def test_export_writes_the_sheet_and_notes_it(
    tmp_path: Path, played: dict[str, Any], at_sample: tuple[str, ...]
) -> None:
    out = tmp_path / "papers"
    found = told("export", "latest", "--out", out, "--format", "xlsx", *at_sample)
    assert found == {"out": str(out), "files": ["项目评分表.xlsx"]}
    assert [p.name for p in out.iterdir()] == ["项目评分表.xlsx"]
    book = load_workbook(out / "项目评分表.xlsx", read_only=True)
    table = list(book["1 总表"].iter_rows(values_only=True))
    assert len(table) == 22
    assert table[0][-2:] == ("最优批次", "会议选择")
    entry = _last(read_settings().open_records(sample=True))
    assert (entry["action"], entry["object"]) == ("export", f"meeting/{played['session']}")
    assert entry["role"] == "system"
    detail = json.loads(entry["detail"])
    assert detail["format"] == "xlsx"
    assert len(detail["sha256"]) == 64


def test_export_of_ones_own_on_ones_own_template(own: Records, place: Path, tmp_path: Path) -> None:
    template = Document()
    template.sections[0].header.paragraphs[0].text = "某某管理委员会"
    (place / "standards" / "templates").mkdir(parents=True)
    template.save(str(place / "standards" / "templates" / "opinion.docx"))
    code, out, err = run("export", "latest", "--out", tmp_path)
    assert code == 0, err
    assert "已写出 3 个文件" in out
    names = {"会议纪要.docx", "评审意见书-01-项目p1.docx", "项目评分表.xlsx"}
    assert {p.name for p in tmp_path.iterdir()} == names
    opinion = Document(str(tmp_path / "评审意见书-01-项目p1.docx"))
    minutes = Document(str(tmp_path / "会议纪要.docx"))
    assert opinion.sections[0].header.paragraphs[0].text == "某某管理委员会"
    assert minutes.sections[0].header.paragraphs[0].text == ""
    code, _, err = run("export", "m1", "--out", tmp_path)
    assert code == 2
    assert "--force" in err
    assert run("export", "m1", "--out", tmp_path, "--force")[0] == 0


@pytest.mark.usefixtures("typesetter")
def test_export_of_pdf(own: Records, tmp_path: Path) -> None:
    made = told("export", "m1", "--out", tmp_path, "--format", "pdf")
    assert made["files"] == ["会议纪要.pdf", "评审意见书-01-项目p1.pdf", "项目评分表.pdf"]
    for name, within in zip(made["files"], ("会议纪要", "项目p1", "评分表"), strict=True):
        (page, *_) = PdfDocument((tmp_path / name).read_bytes())
        assert within in page.get_textpage().get_text_bounded()
    assert _last(own)["action"] == "export"


def test_an_unknown_format_is_refused_by_name(own: Records, tmp_path: Path) -> None:
    before = _last(own)["seq"]
    code, _, err = run("export", "m1", "--out", tmp_path / "x", "--format", "docx,odt")
    assert code == 2
    assert "odt" in err
    assert "docx | xlsx | pdf" in err
    assert not (tmp_path / "x").exists()
    assert _last(own)["seq"] == before


def test_what_cannot_be_noted_or_finished_is_not_there(
    own: Records, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> bytes:
        raise OSError("disk full")

    monkeypatch.setattr(review_files.os, "replace", broken)
    code, _, err = run("export", "m1", "--out", tmp_path, "--format", "xlsx")
    assert code == 1
    assert "disk full" in err
    assert list(tmp_path.iterdir()) == []


def test_before_sealing_nothing_is_told_and_nothing_replayed(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIANZHU_RECORDS_URL", f"sqlite:///{tmp_path}/records.db")
    monkeypatch.setenv("LIANZHU_AUDIT_HEADS", f"{tmp_path}/heads.txt")
    records = read_settings().open_records()
    records.migrate()
    meetings.add(records, scoring())
    records.close()
    found = told("show", "latest")
    assert (found["state"], found["batch"], found["chosen"]) == ("scoring", None, None)
    assert (found["projects"][0]["score"], found["projects"][0]["interval"]) == (None, None)
    code, out, _ = run("replay", "latest", "--json")
    assert (code, json.loads(out)["differences"]) == (1, ["unsealed"])


@pytest.mark.parametrize("command", [("show",), ("replay",), ("export", "--out", "x")])
def test_an_unknown_meeting_is_named(own: Records, command: tuple[str, ...]) -> None:
    code, out, err = run(command[0], "nowhere", *command[1:])
    assert (code, out) == (2, "")
    assert "没有这次评审会" in err


def _write(db: Any, id: str, document: str) -> None:
    change = text("update meetings set document = :document where id = :id")
    db.execute(change, {"document": document, "id": id})


def _last(records: Records) -> dict[str, Any]:
    with records.read() as db:
        row = db.execute(text("select * from audit order by seq desc limit 1")).mappings().one()
    return dict(row)

"""The first hour as a user has it: readiness, upload, check, import, undo, backups."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient
from openpyxl import load_workbook

from api.app import create_app
from api.settings import Settings
from graph.store import open_store
from tests.conftest import ROOT

SAMPLE = ROOT / "ingest" / "samples" / "zone"
GOOD = {"chains.csv": "id,name\nc1,链一\n", "segments.csv": "id,name,chain\ns1,环节一,c1\n"}
BAD = {"环节.csv": "编号,名称,位置\na,环节甲,上游\nb,环节乙,哪里\n,无号,\n"}


@pytest.fixture
def own(tmp_path: Path) -> Iterator[TestClient]:
    """The application over an empty store of the user's own."""
    settings = Settings(
        graph_url=f"sqlite:///{tmp_path}/own.db",
        records_url=f"sqlite:///{tmp_path}/records.db",
        upload_dir=str(tmp_path / "uploads"),
        backup_dir=str(tmp_path / "backups"),
        attachments_dir=str(tmp_path / "attachments"),
        upload_mb=1,
        upload_files=3,
    )
    store = settings.open_store()
    store.migrate()
    app = create_app(store, settings)
    app.state.today = date(2026, 7, 1)
    with TestClient(app, raise_server_exceptions=False) as made:
        yield made
    app.state.desk.store.close()


def upload(client: TestClient, files: dict[str, str | bytes], lang: str = "zh"):
    """The page that follows an upload."""
    parts = [("files", (n, t if isinstance(t, bytes) else t.encode())) for n, t in files.items()]
    return client.post(f"/guide/check?lang={lang}", files=parts)


def key_of(text: str) -> str:
    return re.search(r'name="key" value="(\w+)"', text).group(1)  # type: ignore[union-attr]


def imported(client: TestClient, files: dict[str, str | bytes]) -> str:
    """The page after these files were checked and imported."""
    checked = upload(client, files)
    return client.post("/guide/import", data={"key": key_of(checked.text)}).text


def rows(client: TestClient) -> int:
    return sum(client.get("/api/v1/stats").json()["nodes"].values())


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("which", ["client", "own"])
def test_the_page(request: pytest.FixtureRequest, which: str, lang: str) -> None:
    client: TestClient = request.getfixturevalue(which)
    answer = client.get(f"/guide?lang={lang}")
    assert answer.status_code == 200
    assert len(answer.content) <= 300_000
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert not re.search(r'(src|href)="https?://', answer.text)
    assert " style=" not in answer.text
    assert {"zh": "怎样开始？", "en": "How do I start?"}[lang] in answer.text
    told = re.sub("中文|演示", "", answer.text)  # the other language, and a name
    assert re.findall("[\u4e00-\u9fff]", told) == [] or lang == "zh"


def test_an_empty_zone_says_what_is_not_registered_and_never_zero(own: TestClient) -> None:
    text = own.get("/guide").text
    assert "环节没有登记；投入没有登记" in text
    assert "因为链主没有登记" in text
    assert "先补“企业”表的“链主所属产业链”列" in text
    assert " 0 " not in re.sub(r"<[^>]+>", " ", text.split("<footer>")[0])


def test_the_sample_answers_everything_and_every_answer_is_there(client: TestClient) -> None:
    found = client.get("/api/v1/readiness").json()
    assert [q["question"] for q in found["questions"] if not q["ok"]] == []
    text = client.get("/guide").text
    table = text[text.index('id="readiness"') :].split("</table>")[0]
    links = re.findall(r'<th scope="row"><a href="([^"]+)">', table)
    assert len(links) == len(found["questions"])
    for link in links:
        assert client.get(link.replace("&amp;", "&")).status_code == 200, link


def test_the_workbook_says_what_the_page_says(client: TestClient) -> None:
    book = load_workbook(io.BytesIO(client.get("/guide.xlsx").content))
    assert book.worksheets[0].max_row == 1 + 8
    assert book.worksheets[1].max_row == 1 + 3


def test_the_sample_takes_no_file_and_offers_the_blank_zone(client: TestClient) -> None:
    before = client.get("/api/v1/stats").json()
    text = client.get("/guide").text
    assert 'action="/guide/check' not in text
    assert '<form method="post" action="/blank">' in text
    assert "先打开空白园区" in text
    for path, data in {
        "import": {"key": "0" * 64},
        "undo": {"batch": "x"},
        "backup": {},
        "restore": {"name": "graph-20260101-000000.zip"},
    }.items():
        answer = client.post(f"/guide/{path}", data=data)
        assert (path, answer.status_code) == (path, 400)
        assert "现在打开的是示例园区" in answer.text
    assert "现在打开的是示例园区" in upload(client, GOOD).text
    assert client.get("/api/v1/stats").json() == before


def test_files_are_checked_imported_and_taken_back(own: TestClient, tmp_path: Path) -> None:
    checked = upload(own, GOOD)
    assert checked.status_code == 200
    assert "导入后：新增 3，更新 0，不变 0" in checked.text  # chain, segment, and that it belongs
    assert rows(own) == 0  # nothing is written yet
    again = own.get(checked.url.path + "?lang=en")  # the address is the state
    assert "create 3, update 0" in again.text
    done = own.post("/guide/import", data={"key": key_of(checked.text)})
    assert "已导入“chains.csv、segments.csv”：新增 3，更新 0" in done.text
    assert rows(own) == 2
    assert "没有变化" in upload(own, GOOD).text
    twice = own.post("/guide/import", data={"key": key_of(checked.text)})
    assert "没有变化：这批数据已经导入过" in twice.text
    batch = re.search(r'name="batch" value="([^"]+)"', twice.text).group(1)  # type: ignore[union-attr]
    undone = own.post("/guide/undo", data={"batch": batch})
    assert "已撤销“chains.csv、segments.csv”" in undone.text
    assert rows(own) == 0
    assert own.post("/guide/undo", data={"batch": batch}).status_code == 404


def test_undo_takes_back_only_what_the_reader_saw(own: TestClient) -> None:
    first = imported(own, {"chains.csv": "id,name\nc1,链一\n"})
    batch = re.search(r'name="batch" value="([^"]+)"', first).group(1)  # type: ignore[union-attr]
    imported(own, {"chains.csv": "id,name\nc2,链二\n"})
    late = own.post("/guide/undo", data={"batch": batch})
    assert (late.status_code, rows(own)) == (400, 2)
    assert "另有一次导入" in late.text


def test_every_error_has_its_place_and_how_to_mend_it(own: TestClient) -> None:
    checked = upload(own, BAD)
    text = re.sub(r"<[^>]+>", "|", checked.text)
    assert "有 2 行出错" in text
    assert 'name="key"' not in checked.text  # nothing to press: all or nothing
    first = [
        "环节.csv",
        "环节",
        "3",
        "C 位置",
        "哪里",
        "“哪里”不在可选的词里",
        "可填：上游、中游、下游",
    ]
    for part in [*first, "4", "A 编号", "“编号”必填，这里是空的"]:
        assert f"|{part}|" in text, part
    link = re.search(r'href="([^"]+\.xlsx[^"]*)"', checked.text).group(1)  # type: ignore[union-attr]
    sheet = load_workbook(io.BytesIO(own.get(link).content)).worksheets[0]
    cells = list(sheet.iter_rows(min_row=2, values_only=True))
    assert [str(c) for c in cells[0]] == first
    assert rows(own) == 0


def test_the_rest_can_be_imported_when_asked_for(own: TestClient) -> None:
    checked = upload(own, BAD)
    shown = own.get(checked.url.path + "?skip=1")
    assert "跳过 2 行有错的，还没有写入。导入后：新增 1" in shown.text
    done = own.post("/guide/import", data={"key": key_of(shown.text), "skip": "1"})
    assert "已导入“环节.csv”：新增 1" in done.text


def test_what_was_checked_may_be_wrong_by_now(own: TestClient) -> None:
    held = {"segments.csv": "id,name,chain\ns1,环节一,c1\n"}
    chain = imported(own, {"chains.csv": "id,name\nc1,链一\n"})
    key = key_of(upload(own, held).text)
    batch = re.search(r'name="batch" value="([^"]+)"', chain).group(1)  # type: ignore[union-attr]
    own.post("/guide/undo", data={"batch": batch})
    answer = own.post("/guide/import", data={"key": key})
    assert "这批文件能导入吗？" in answer.text
    assert "“c1”在“产业链”里找不到" in answer.text
    assert rows(own) == 0


@pytest.mark.parametrize(
    ("files", "status", "told"),
    [
        ({"说明.docx": "PK"}, 422, "不认得“说明.docx”的类型（.docx）"),
        ({"表.xlsx": "只是文字"}, 422, "不是 Excel 工作簿"),
        ({"chains.csv": ""}, 422, "是空文件"),
        ({"名单.csv": "甲,乙\n1,2\n"}, 422, "没有认得的表"),
        ({}, 400, "没有选文件"),
        ({f"{n}.csv": "x" for n in range(4)}, 400, "一次传了 4 个文件，最多 3 个"),
        ({"chains.csv": b"x" * (1 << 20) + b"x"}, 422, "超过 1 MB"),
        ({"chains.csv": b"x" * (3 << 20)}, 422, "合计超过 1 MB"),
        (dict.fromkeys(("a.csv", "b.csv"), b"x" * (600 << 10)), 422, "合计超过 1 MB"),
        ({".hidden": "x"}, 422, "上传的文件名“.hidden”不能用"),
    ],
)
def test_what_cannot_be_taken_is_a_page_that_says_why(
    own: TestClient, tmp_path: Path, files: dict[str, str | bytes], status: int, told: str
) -> None:
    answer = upload(own, files) if files else own.post("/guide/check", data={"x": "y"})
    assert answer.status_code == status
    assert answer.text.startswith("<!doctype html>")
    assert told in answer.text
    assert rows(own) == 0
    left = [p.name for p in (tmp_path / "uploads").glob(".part-*")]
    assert left == []


@pytest.mark.parametrize("key", ["0" * 64, "..", "../own.db", "x", "own.db"])
def test_a_key_nobody_was_given_leads_nowhere(own: TestClient, key: str) -> None:
    assert own.get(f"/guide/check/{quote(key, safe='').replace('.', '%2E')}").status_code == 404
    assert own.post("/guide/import", data={"key": key}).status_code == 404


def test_names_and_contents_stay_text(own: TestClient) -> None:
    evil = "<script>alert(1)</script>"
    answer = upload(own, {"环节.csv": f"编号,名称,位置\na,甲,{evil}\n", "<b>x.csv": f"{evil}\n"})
    assert evil not in answer.text
    assert "<b>x" not in answer.text
    assert "&lt;script&gt;" in answer.text


def test_old_data_are_said_to_be_old_on_every_page(own: TestClient) -> None:
    imported(own, {"chains.csv": "id,name,as_of\nc1,链一,2026-01-02\n"})
    assert "未更新" not in own.get("/guide").text  # 180 days
    own.app.state.today = date(2026, 7, 2)  # type: ignore[attr-defined]
    for path in ("/", "/guide", "/parks", "/method", "/nowhere"):
        assert "数据截至 2026-01-02，已 181 天未更新。" in own.get(path).text, path
    tag = own.get("/method").headers["etag"]
    own.app.state.today = date(2026, 7, 3)  # type: ignore[attr-defined]
    later = own.get("/method?lang=en", headers={"If-None-Match": tag})
    assert "not been renewed for 182 days" in later.text
    assert own.get("/method", headers={"If-None-Match": tag}).status_code == 200


def test_the_sample_is_never_called_old(client: TestClient) -> None:
    client.app.state.today = date(2036, 1, 1)  # type: ignore[attr-defined]
    assert "未更新" not in client.get("/").text


def backup(own: TestClient, tmp_path: Path) -> str:
    """The name of a backup made now."""
    before = set((tmp_path / "backups").glob("*.zip"))
    text = own.post("/guide/backup").text
    (made,) = set((tmp_path / "backups").glob("*.zip")) - before
    assert f"已备份到 {made.name}" in text
    return made.name


def test_a_backup_comes_back_over_what_there_is(own: TestClient, tmp_path: Path) -> None:
    imported(own, GOOD)
    held = own.get("/api/v1/stats").json()
    name = backup(own, tmp_path)
    imported(own, {"chains.csv": "id,name\nc9,错的\n"})
    tag = own.get("/").headers["etag"]
    for wrong in ("", "graph", name[:-1]):
        answer = own.post("/guide/restore", data={"name": name, "confirm": wrong})
        assert (answer.status_code, rows(own)) == (400, 3)
    done = own.post("/guide/restore", data={"name": name, "confirm": name})
    assert "一样：内容校验值与备份相同" in done.text
    assert done.text.count(held["hash"]) == 2
    assert own.get("/api/v1/stats").json() == held
    assert own.get("/", headers={"If-None-Match": tag}).status_code == 200
    kept = re.search(r"恢复前的数据另存为 (lianzhu-\S+\.zip)", done.text).group(1)  # type: ignore[union-attr]
    back = own.post("/guide/restore", data={"name": kept, "confirm": kept})
    assert "一样" in back.text
    assert rows(own) == 3


def test_a_backup_comes_back_into_an_empty_zone_without_more_words(
    own: TestClient, tmp_path: Path
) -> None:
    other = open_store(f"sqlite:///{tmp_path}/other.db")
    other.migrate()
    from graph.store.copy import backup as write
    from ingest.pipeline import load

    load([SAMPLE], other)
    (tmp_path / "backups").mkdir()
    write(other, tmp_path / "backups" / "graph-20260101-000000.zip")
    assert "现在的园区是空的，可以直接恢复" in own.get("/guide").text
    done = own.post("/guide/restore", data={"name": "graph-20260101-000000.zip"})
    assert "一样：" in done.text
    assert "恢复前的数据" not in done.text
    assert own.get("/api/v1/stats").json()["hash"] == other.stats().hash
    changed = imported(own, {"chains.csv": "id,name\nc9,新链\n"})
    assert "已导入" in changed
    assert "不一样" in own.get("/guide/backups/graph-20260101-000000.zip").text
    other.close()


def test_a_cut_backup_is_listed_as_damaged_and_refused(own: TestClient, tmp_path: Path) -> None:
    imported(own, GOOD)
    name = backup(own, tmp_path)
    path = tmp_path / "backups" / name
    path.write_bytes(path.read_bytes()[:-40])
    before = own.get("/api/v1/stats").json()
    text = own.get("/guide").text
    assert "已损坏" in text
    assert f"<option>{name}</option>" not in text
    answer = own.post("/guide/restore", data={"name": name, "confirm": name})
    assert answer.status_code == 422
    assert "已损坏" in answer.text
    assert own.get("/api/v1/stats").json() == before
    assert len(list((tmp_path / "backups").iterdir())) == 1  # not even the copy of before


@pytest.mark.parametrize("name", ["..", "../own.db", "graph-20260101-000000.zip", "own.db", ""])
def test_only_a_backup_of_the_folder_is_restored(own: TestClient, name: str) -> None:
    answer = own.post("/guide/restore", data={"name": name, "confirm": name})
    assert 400 <= answer.status_code < 500


def test_other_sites_cannot_import_or_restore(own: TestClient) -> None:
    evil = {"origin": "https://evil.example"}
    for path in ("check", "import", "undo", "backup", "restore"):
        assert own.post(f"/guide/{path}", headers=evil).status_code == 403

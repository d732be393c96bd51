"""Attachments on the shortlist: added, saved and taken off without scripts, seen by who may."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, unquote

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.attaching import KINDS
from api.security.policy import POLICY
from api.settings import Settings
from graph.store.base import GraphStore
from records.roles import Role
from tests.records import made_files as made
from tests.records.test_attachments import HOSTILE, below

PAGE = "/shortlist?lang=zh"
PICK = {
    "kind": "project",
    "candidate": "demo-p-bingya",
    "chain": "chain-jiadian",
    "leader": "demo-leader-jiadian",
    "region": "370211",
}


@pytest.fixture
def client(sample_store: GraphStore, tmp_path: Path) -> Iterator[TestClient]:
    """The sample with one candidate on the list."""
    settings = Settings(
        records_url=f"sqlite:///{tmp_path}/records.db",
        audit_heads=str(tmp_path / "heads"),
        attachments_dir=str(tmp_path / "files"),
        attachment_mb=1,
        attachments_per_object=2,
    )
    app = create_app(sample_store, settings, sample=True)
    with TestClient(app, raise_server_exceptions=False) as made_client:
        assert made_client.post("/shortlist", data=PICK).status_code == 200
        yield made_client


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "sample-files"


def item_of(client: TestClient) -> str:
    return re.search(r'<tr id="i-(\w+)"', client.get(PAGE).text).group(1)  # type: ignore[union-attr]


def upload(
    client: TestClient, name: str = "申报书.pdf", data: bytes = made.PDF, item: str = ""
) -> tuple[int, str]:
    answer = client.post(
        f"/shortlist/{item or item_of(client)}/attachments",
        files={"file": (name, data)},
        data={"next": "/shortlist?lang=zh"},
    )
    return answer.status_code, answer.text


def links(client: TestClient) -> list[str]:
    return re.findall(r'href="(/attachments/\w+)" download', client.get(PAGE).text)


def test_an_attachment_is_added_saved_and_removed(client: TestClient, folder: Path) -> None:
    status, page = upload(client)
    assert status == 200
    assert "申报书.pdf" in page
    assert "演示" in page
    (link,) = links(client)
    answer = client.get(link)
    assert answer.content == made.PDF
    headers = answer.headers
    assert headers["content-disposition"] == f"attachment; filename*=UTF-8''{quote('申报书.pdf')}"
    assert headers["content-type"] == "application/pdf"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert headers["cache-control"] == "private, no-store"
    remove = re.search(r'action="(/shortlist/\w+/attachments/\w+/remove)[?"]', page).group(1)  # type: ignore[union-attr]
    assert "申报书" not in client.post(remove, data={"back": "/shortlist"}).text
    assert client.get(link).status_code == 404
    assert client.post(remove).status_code == 404
    audit = client.get("/audit?lang=zh").text
    for word in ("添加附件", "移除附件", "申报书.pdf", link):  # who took it is there too
        assert word in audit, word
    assert len(below(folder)) == 1


def test_the_list_as_the_reader_held_it_is_another(client: TestClient) -> None:
    tag = client.get(PAGE).headers["etag"]
    upload(client)
    assert client.get(PAGE, headers={"If-None-Match": tag}).status_code == 200


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page_says_what_can_be_attached(client: TestClient, lang: str) -> None:
    upload(client, "a.pdf")
    text = client.get(f"/shortlist?lang={lang}").text
    assert ("不超过 1 MB" if lang == "zh" else "up to 1 MB") in text
    assert 'enctype="multipart/form-data"' in text
    assert "style=" not in text


@pytest.mark.parametrize(
    ("name", "data", "status", "said"),
    [
        ("a.pdf", made.EXE, 422, "不是可以收的附件"),
        ("a.png", made.HTML, 422, "不是可以收的附件"),
        ("a.docx", made.archive({"word/vbaProject.bin": b"x"}), 422, "带有宏"),
        ("a.xlsx", made.OLE + bytes(600), 422, "旧的 Office 格式"),
        ("a.pdf", made.PDF + bytes(1 << 20), 422, "附件超过 1 MB"),
        ("a.pdf", made.PDF + bytes(9 << 20), 422, "附件超过 1 MB"),
        ("a.pdf", b"", 422, "空文件"),
        ("", made.PDF, 400, "没有选附件"),
    ],
)
def test_what_is_refused_is_said_and_leaves_nothing(
    client: TestClient, folder: Path, name: str, data: bytes, status: int, said: str
) -> None:
    answer = upload(client, name, data)
    assert answer[0] == status
    assert said in answer[1]
    assert below(folder) == []
    assert links(client) == []


def test_an_upload_without_a_length_is_cut_off_at_the_limit(
    client: TestClient, folder: Path
) -> None:
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n%PDF-'
        for _ in range(3 * 16):
            sent += 1 << 16
            yield bytes(1 << 16)
        yield b"\r\n--x--\r\n"

    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    url = f"/shortlist/{item_of(client)}/attachments"
    answer = client.post(url, content=endless(), headers=headers)
    assert (answer.status_code, sent) == (422, 3 << 20)
    assert "附件超过 1 MB" in answer.text
    assert below(folder) == []


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", "multipart/form-data; boundary=x"),
        (b"nonsense", "multipart/form-data; boundary=x"),
        (b"--x\r\n\r\nno header\r\n--x--", "multipart/form-data; boundary=x"),
        (b"file=a", "application/x-www-form-urlencoded"),
        (b"{}", "application/json"),
        (b"--x--", "multipart/form-data"),
    ],
)
def test_what_is_no_upload(client: TestClient, content: bytes, kind: str) -> None:
    url = f"/shortlist/{item_of(client)}/attachments"
    answer = client.post(url, content=content, headers={"Content-Type": kind})
    assert answer.status_code == 400
    assert client.post(url).status_code == 400


def test_an_item_has_so_many_and_another_is_none(client: TestClient) -> None:
    assert upload(client, "1.pdf")[0] == 200
    assert upload(client, "2.png", made.png())[0] == 200
    status, page = upload(client, "3.jpg", made.jpeg())
    assert (status, "附件已有 2 个" in page) == (400, True)
    assert upload(client, item="0" * 32)[0] == 404
    assert upload(client, item="..%2f..")[0] == 404


def test_a_download_is_named_after_what_it_is(client: TestClient) -> None:
    upload(client, "page.html", made.png())
    (link,) = links(client)
    answer = client.get(link)
    assert answer.headers["content-disposition"].endswith("page.html.png")
    assert answer.headers["content-type"] == "image/png"


@pytest.mark.parametrize("name", HOSTILE[::6])
def test_a_name_is_data_only(client: TestClient, tmp_path: Path, name: str) -> None:
    before = set(tmp_path.iterdir())
    name = name.encode("utf-8", "replace").decode()
    status, page = upload(client, name)
    assert status in (200, 400)  # 400: no name at all
    assert "<script>.pdf" not in page
    for link in links(client):
        disposition = client.get(link).headers["content-disposition"]
        assert re.fullmatch(r"attachment; filename\*=UTF-8''[\w%.~-]+", disposition)
        assert "/" not in unquote(disposition.partition("UTF-8''")[2])
    assert {p.name for p in set(tmp_path.iterdir()) - before} <= {"sample-files", "sample-heads"}


def test_absent_and_forbidden_look_the_same(client: TestClient) -> None:
    upload(client)
    (link,) = links(client)
    assert client.get(link).status_code == 200
    readers = {role for role in Role if POLICY["GET /shortlist"].allows(frozenset({role}))}
    assert 0 < len(readers) < len(Role)
    for role in Role:
        client.cookies.set("lianzhu-role", role)
        seen, absent = client.get(link), client.get(f"/attachments/{'0' * 32}")
        if role in readers:
            assert seen.status_code == 200, role
            continue
        assert seen.status_code == 404, role
        known = link.rpartition("/")[2]
        assert seen.text.replace(known, "0" * 32) == absent.text, role
        headers = [{k: v for k, v in a.headers.items() if k != "date"} for a in (seen, absent)]
        assert headers[0] == headers[1], role
        page = client.get("/shortlist")
        assert page.status_code == 403, role


def test_who_may_not_write_is_offered_nothing(client: TestClient) -> None:
    upload(client)
    item, chair = item_of(client), "chair"
    client.cookies.set("lianzhu-role", chair)
    page = client.get(PAGE).text
    assert "申报书.pdf" in page
    assert "multipart" not in page
    assert "/remove" not in page
    assert upload(client, item=item)[0] == 403


def test_an_object_nobody_has_a_rule_for_is_shown_to_nobody(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload(client)
    (link,) = links(client)
    monkeypatch.delitem(KINDS, "shortlist")  # type: ignore[arg-type]
    assert client.get(link).status_code == 404


def test_a_file_that_is_gone_is_said_to_be(client: TestClient, folder: Path) -> None:
    upload(client)
    (link,) = links(client)
    (path,) = below(folder)
    path.unlink()
    answer = client.get(link)
    assert answer.status_code == 404
    assert "的文件不见了" in answer.text


def test_the_same_file_at_once_is_one_attachment(client: TestClient, folder: Path) -> None:
    item, seen = item_of(client), list[int]()
    threads = [
        threading.Thread(target=lambda: seen.append(upload(client, item=item)[0])) for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [200] * 6
    assert len(links(client)) == 1
    assert len(below(folder)) == 1

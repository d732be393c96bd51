"""The officer's list: pick, log, hand out, read back; weights with the rank change shown."""

from __future__ import annotations

import io
import re

import pytest
from docx import Document
from fastapi.testclient import TestClient
from openpyxl import load_workbook

CHAIN, LEADER = "chain-jiadian", "demo-leader-jiadian"
URL = f"/chains/{CHAIN}/candidates?leader={LEADER}"
PICK = {
    "kind": "project",
    "candidate": "demo-p-bingya",
    "chain": CHAIN,
    "leader": LEADER,
    "region": "370211",
    "next": URL,
}


def pick(client: TestClient, candidate: str = "demo-p-bingya") -> None:
    done = client.post("/shortlist", data={**PICK, "candidate": candidate}, follow_redirects=False)
    assert (done.status_code, done.headers["location"].partition("?")[0]) == (
        303,
        URL.partition("?")[0],
    )


def items(client: TestClient) -> list[dict[str, object]]:
    found: list[dict[str, object]] = client.get("/api/v1/shortlist").json()["items"]
    return found


def test_a_pick_is_shown_at_once_on_both_pages(client: TestClient) -> None:
    first = client.get(URL)
    pick(client)
    again = client.get(URL, headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 200
    assert "√ 已在清单" in again.text
    for lang in ("zh", "en"):
        page = client.get(f"/shortlist?lang={lang}")
        assert page.status_code == 200
        assert "示例高效冰箱压缩机项目" in page.text
        assert " style=" not in page.text
    (item,) = items(client)
    ranked = client.get("/api/v1/rank", params={"leader": LEADER}).json()["candidates"]
    assert ranked[int(str(item["rank"])) - 1]["id"] == "demo-p-bingya"
    assert item["score"] == ranked[int(str(item["rank"])) - 1]["score"]


def test_nobody_can_be_picked(client: TestClient) -> None:
    assert client.post("/shortlist", data={**PICK, "candidate": "none"}).status_code == 404


def test_out_to_excel_and_back(client: TestClient) -> None:
    pick(client)
    pick(client, "demo-p-bianpin")
    book = load_workbook(io.BytesIO(client.get("/shortlist.xlsx").content))
    sheet = book.worksheets[0]
    head = [cell.value for cell in sheet[1]]
    sheet.cell(2, head.index("状态") + 1).value = "在谈"
    note = sheet.cell(3, head.index("备注") + 1)
    note.value, note.data_type = "=1+1", "s"
    assert send(client, book).headers["location"] == "/shortlist?read=2"
    first, second = items(client)
    assert (first["status"], first["note"]) == ("in_talks", "")
    assert (second["status"], second["note"]) == ("to_contact", "=1+1")
    again = load_workbook(io.BytesIO(client.get("/shortlist.xlsx").content)).worksheets[0]
    assert again.cell(3, head.index("备注") + 1).data_type == "s"  # text, never a formula


def send(client: TestClient, book):  # type: ignore[no-untyped-def]
    out = io.BytesIO()
    book.save(out)
    files = {"file": ("清单.xlsx", out.getvalue())}
    return client.post("/shortlist/read", files=files, follow_redirects=False)


def test_one_bad_row_and_none_is_changed(client: TestClient) -> None:
    pick(client)
    pick(client, "demo-p-bianpin")
    book = load_workbook(io.BytesIO(client.get("/shortlist.xlsx").content))
    sheet = book.worksheets[0]
    at = [cell.value for cell in sheet[1]].index("状态") + 1
    sheet.cell(2, at).value, sheet.cell(3, at).value = "在谈", "快了"
    answer = send(client, book)
    assert answer.status_code == 400
    assert "第 3 行：快了" in answer.text
    assert [item["status"] for item in items(client)] == ["to_contact", "to_contact"]


@pytest.mark.parametrize("content", [b"", b"no workbook", b"PK\x03\x04 broken"])
def test_another_file_is_told_so(client: TestClient, content: bytes) -> None:
    answer = client.post("/shortlist/read", files={"file": ("x.xlsx", content)})
    assert answer.status_code in (400, 422)
    assert "招商清单" in answer.text


def test_status_contact_and_removal(client: TestClient) -> None:
    pick(client)
    (item,) = items(client)
    contact = {"on_day": "2026-05-01", "who": "王<b>", "result": "下月来考察", "next": "/shortlist"}
    client.post(f"/shortlist/{item['id']}/contacts", data=contact)
    (after,) = items(client)
    assert after["status"] == "contacted"
    told = {"on_day": "2026-05-01", "who": "王<b>", "result": "下月来考察", "written_by": "演示"}
    assert after["contacts"] == [told]
    assert "王&lt;b&gt;" in client.get("/shortlist").text
    form = {"version": "2", "status": "signed", "note": "好"}
    assert client.post(f"/shortlist/{item['id']}", data={**form, "version": "1"}).status_code == 412
    client.post(f"/shortlist/{item['id']}", data=form)
    assert items(client)[0]["status"] == "signed"
    assert client.get("/shortlist?status=given_up").text.count("示例高效冰箱压缩机项目") == 0
    client.post(f"/shortlist/{item['id']}", data={"act": "remove", "version": "3"})
    assert items(client) == []
    gone = client.post(f"/shortlist/{item['id']}", data={"act": "remove", "version": "3"})
    assert gone.status_code == 404


def test_weights_move_ranks_and_are_kept_under_a_name(client: TestClient) -> None:
    form = {"relatedness": "0", "tie": "0.5", "readiness": "0", "name": "重联系", "next": URL}
    done = client.post("/schemes", data=form, follow_redirects=False)
    assert done.headers["location"].endswith("scheme=0%2F0.5%2F0")
    page = client.get(done.headers["location"]).text
    assert "补链贡献 0.50，关联度 0.00，联系 0.50" in page
    assert ">重联系</a>" in page
    ranked = client.get("/api/v1/rank", params={"leader": LEADER, "scheme": "0/0.5/0"}).json()
    default = client.get("/api/v1/rank", params={"leader": LEADER}).json()["candidates"]
    places = {(c["kind"], c["id"]): at for at, c in enumerate(default, 1)}
    shown = re.findall(r'class="moved"[^>]*>([^<]+)<', page)
    first = ranked["candidates"][: len(shown)]
    moves = [places[c["kind"], c["id"]] - at for at, c in enumerate(first, 1)]
    assert shown == [f"↑{m}" if m > 0 else f"↓{-m}" if m < 0 else "=" for m in moves]
    assert len(set(shown)) > 1
    for c in ranked["candidates"]:
        factor = 0.5 + 0.5 * c["modifiers"]["tie"]
        assert c["score"] == pytest.approx(c["fill"] * factor, abs=1e-12)
    client.post("/schemes", data={"act": "forget", "name": "重联系", "next": URL})
    assert ">重联系</a>" not in client.get(URL).text


@pytest.mark.parametrize("scheme", ["0.3/0.3/0.1", "1/2", "a/b/c", "-0.1/0/0", "fast"])
def test_weights_that_make_no_sense(client: TestClient, scheme: str) -> None:
    answer = client.get("/api/v1/rank", params={"leader": LEADER, "scheme": scheme})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_scheme")


def test_the_default_weights_spelled_out_are_the_default(client: TestClient) -> None:
    plain = client.get("/api/v1/rank", params={"leader": LEADER}).json()
    spelled = client.get("/api/v1/rank", params={"leader": LEADER, "scheme": "0.2/0.1/0.1"}).json()
    assert spelled["candidates"] == plain["candidates"]


def test_giants_and_those_contacted_are_left_out_when_asked(client: TestClient) -> None:
    pick(client)
    shown = client.get(f"{URL}&no_courted=1").text
    assert "示例高效冰箱压缩机项目" in shown  # nobody has spoken to it yet
    (item,) = items(client)
    client.post(f"/shortlist/{item['id']}", data={"version": "1", "status": "in_talks", "note": ""})
    shown = client.get(f"{URL}&no_courted=1").text
    assert 'id="c-demo-p-bingya"' not in shown
    assert "另有 1 个没有显示" in shown
    giants = client.get(f"{URL}&kind=enterprise&no_giants=1").text
    every = client.get(f"{URL}&kind=enterprise").text
    firms = client.get("/api/v1/nodes/Enterprise", params={"limit": 500}).json()["items"]
    large = {n["id"] for n in firms if n.get("size") == "large" or n.get("leads")}
    listed = set(re.findall(r'id="c-([^"]+)"', every))
    assert listed & large
    assert not set(re.findall(r'id="c-([^"]+)"', giants)) & large


def test_the_list_on_paper(client: TestClient) -> None:
    pick(client)
    (item,) = items(client)
    contact = {"on_day": "2026-05-01", "who": "王", "result": "下月来考察"}
    client.post(f"/shortlist/{item['id']}/contacts", data=contact)
    document = Document(io.BytesIO(client.get("/shortlist.docx").content))
    (table,) = document.tables
    cells = [[cell.text for cell in row.cells] for row in table.rows]
    assert cells[0][:4] == ["候选", "类别", "状态", "备注"]
    assert cells[1][0] == "示例高效冰箱压缩机项目"
    assert cells[1][2] == "已联系"
    assert cells[1][-3:] == ["2026-05-01", "王", "下月来考察"]
    assert float(cells[1][5]) == pytest.approx(item["score"], abs=5e-4)

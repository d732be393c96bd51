"""Exports and the sample on the command line; the picture of the graph page in all its forms."""

from __future__ import annotations

import io
import json
import re
from html import unescape
from pathlib import Path

import networkx as nx
import pytest
from fastapi.testclient import TestClient
from openpyxl import load_workbook

from graph.store import open_store
from graph.store.base import GraphStore
from tests.test_spine import run

CHAIN, LEADER = "chain-jiqiren", "demo-leader-jiqiren"
GRAPH = f"/chains/{CHAIN}/graph"
HUB = "Region:370211"


def hash_of(url: str) -> str:
    store = open_store(url, deadline=3.0)
    try:
        return store.stats().hash
    finally:
        store.close()


@pytest.fixture
def url(sample_store: GraphStore, tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/sample.db"


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_what_is_exported_imports_as_the_same_graph(form: str, url: str, tmp_path: Path) -> None:
    path = tmp_path / "out" / ("tables" if form == "csv" else "tables.xlsx")
    done = run("export", "--format", form, str(path), "--store", url, "--json")
    told = json.loads(done.stdout)
    assert told.keys() == {"path", "format", "nodes", "relations", "seconds"}
    assert (told["path"], told["format"]) == (str(path), form)
    again = f"sqlite:///{tmp_path}/again.db"
    assert run("import", str(path), "--store", again).returncode == 0
    assert hash_of(again) == hash_of(url)
    assert [p.name for p in path.parent.iterdir()] == [path.name]  # nothing is left beside it


@pytest.mark.parametrize("form", ["graphml", "gexf"])
def test_the_whole_graph_for_graph_tools(form: str, url: str, tmp_path: Path) -> None:
    path = tmp_path / f"g.{form}"
    told = json.loads(run("export", "--format", form, str(path), "--store", url, "--json").stdout)
    read = nx.read_gexf if form == "gexf" else nx.read_graphml
    found = read(path)
    assert (len(found), found.number_of_edges()) == (told["nodes"], told["relations"])
    assert found.nodes[f"Enterprise:{LEADER}"]["label"] == "示例机器人链主有限公司"
    assert "Evidence" not in {data["kind"] for _, data in found.nodes(data=True)}


def test_nothing_is_overwritten_unless_asked(url: str, tmp_path: Path) -> None:
    path, folder = tmp_path / "g.gexf", tmp_path / "tables"
    path.write_text("mine", "utf-8")
    export = ("export", "--store", url, "--format")
    refused = run(*export, "gexf", str(path))
    assert (refused.returncode, path.read_text("utf-8")) == (2, "mine")
    assert "--force" in refused.stderr
    assert run(*export, "gexf", str(path), "--force").returncode == 0
    assert path.read_text("utf-8").startswith("<?xml")
    assert run(*export, "csv", str(path), "--force").returncode == 2  # a file is no folder
    assert run(*export, "csv", str(folder)).returncode == 0
    assert run(*export, "csv", str(folder)).returncode == 2
    assert run(*export, "csv", str(folder), "--force").returncode == 0
    (folder / "letter.docx").write_text("mine", "utf-8")
    kept = run(*export, "csv", str(folder), "--force")
    assert (kept.returncode, (folder / "letter.docx").read_text("utf-8")) == (2, "mine")
    assert "letter.docx" in kept.stderr


def test_what_fails_leaves_nothing(url: str, tmp_path: Path) -> None:
    empty = f"sqlite:///{tmp_path}/empty.db"
    for form in ("csv", "xlsx", "gexf", "graphml"):
        path = tmp_path / "out" / form
        done = run("export", "--format", form, str(path), "--store", empty)
        assert done.returncode == 2
        assert "图谱是空的" in done.stderr
        assert list(path.parent.iterdir()) == []
    done = run("export", "--format", "pdf", str(tmp_path / "x"), "--store", url)
    assert (done.returncode, (tmp_path / "x").exists()) == (2, False)


def test_the_sample_is_a_folder_that_imports(tmp_path: Path) -> None:
    out, store = tmp_path / "zone", ("--store", f"sqlite:///{tmp_path}/g.db", "--json")
    told = json.loads(run("sample", "--out", str(out), "--json").stdout)
    assert told["out"] == str(out)
    assert told["files"] == sorted(p.name for p in out.iterdir())
    assert {"README.md", "segments.csv", "enterprises.csv"} <= {*told["files"]}
    report = json.loads(run("import", str(out), *store).stdout)
    assert (report["status"], report["errors"]) == ("committed", [])
    again = run("sample", "--out", str(out))
    assert again.returncode == 2
    assert "不是空文件夹" in again.stderr
    (tmp_path / "bare").mkdir()
    assert run("sample", "--out", str(tmp_path / "bare")).returncode == 0


def nodes_of(client: TestClient, **query: str) -> set[str]:
    answer = client.get(f"{GRAPH}.gexf", params=query)
    assert answer.status_code == 200
    return set(nx.read_gexf(io.BytesIO(answer.content)).nodes)


def test_opening_a_thing_shows_up_to_20_more(client: TestClient) -> None:
    before = nodes_of(client, leader=LEADER)
    after = nodes_of(client, leader=LEADER, expand=HUB)
    assert before < after
    assert len(after - before) == 20
    assert nodes_of(client, leader=LEADER, expand=f"{HUB},Chain:{CHAIN}") > after


def test_the_address_holds_what_is_opened(client: TestClient) -> None:
    page = client.get(GRAPH, params={"leader": LEADER, "expand": [HUB, "Chain:chain-jiqiren"]}).text
    joined = "Region%3A370211%2CChain%3Achain-jiqiren"
    assert re.search(rf'class="language" href="{GRAPH}\?[^"]*expand={joined}[^"]*lang=en"', page)
    assert f'src="{GRAPH}/frame?leader={LEADER}&amp;expand={joined}"' in page
    assert "已展开 黄岛区、机器人" in page
    (frame,) = re.findall(r'<iframe[^>]*src="([^"]*)"', page)
    drawn = client.get(frame.replace("&amp;", "&")).text
    assert len(json.loads(re.findall(r'id="data">(.*?)</script>', drawn, re.S)[0])["nodes"]) > 40


def test_links_of_the_list_open_one_more(client: TestClient) -> None:
    page = client.get(GRAPH, params={"leader": LEADER}).text
    links = re.findall(rf'href="({GRAPH}\?leader={LEADER}&amp;expand=[^"]*)"', page)
    assert len(links) > 20
    more = client.get(links[0].replace("&amp;", "&"))
    assert more.status_code == 200
    assert "已展开" in more.text


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("query", ["", f"&leader={LEADER}", f"&center={HUB}&limit=300"])
def test_the_page_is_small_and_keeps_the_policy(client: TestClient, lang: str, query: str) -> None:
    answer = client.get(f"{GRAPH}?lang={lang}{query}")
    assert answer.status_code == 200
    assert len(answer.content) <= 300_000
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert " style=" not in answer.text
    assert not re.search(r"<script(?![^>]*src=)", answer.text)
    assert not re.search(r'(src|href)="https?://', answer.text)


def test_the_page_offers_every_form(client: TestClient) -> None:
    page = client.get(GRAPH, params={"leader": LEADER, "expand": HUB}).text
    for ending, kind in (
        ("html", "text/html"),
        ("gexf", "application/gexf+xml"),
        ("graphml", "application/graphml+xml"),
        ("xlsx", "application/vnd.openxmlformats"),
    ):
        (link,) = set(re.findall(rf'href="({GRAPH}\.{ending}\?[^"]*)"', page))
        answer = client.get(link.replace("&amp;", "&"))
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith(kind)
        assert answer.headers["content-disposition"].startswith("attachment")


def test_the_workbook_lists_what_the_picture_shows(client: TestClient) -> None:
    params = {"leader": LEADER, "expand": HUB}
    book = load_workbook(io.BytesIO(client.get(f"{GRAPH}.xlsx", params=params).content))
    things, relations, basis = book.worksheets
    found = nx.read_gexf(io.BytesIO(client.get(f"{GRAPH}.gexf", params=params).content))
    assert things.max_row - 1 == len(found)
    assert relations.max_row - 1 == found.number_of_edges()
    assert basis.title == "口径"


def test_the_one_file_page_loads_nothing(client: TestClient) -> None:
    html = client.get(f"{GRAPH}.html", params={"leader": LEADER}).text
    markup = re.sub(r"<script.*?</script>|<style.*?</style>", "", html, flags=re.S)
    assert not re.search(r"\b(?:src|href)=|url\(|@import", markup)
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', markup)
    assert unescape(policy).startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe-" not in policy
    assert "数据日期 2026-06-30" in markup
    assert 400_000 < len(html.encode()) < 900_000


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("center=Park:nowhere", 404),
        ("expand=Park:nowhere", 404),
        ("limit=301", 422),
        ("limit=0", 422),
        ("expand=nonsense", 200),
        ("center=nonsense", 200),
    ],
)
def test_odd_addresses(client: TestClient, query: str, status: int) -> None:
    for path in (GRAPH, f"{GRAPH}.html", f"{GRAPH}.gexf"):
        assert client.get(f"{path}?{query}").status_code == status
    assert client.get("/chains/nowhere/graph.gexf").status_code == 404

"""`lianzhu graph …` as a user types it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.cli import app
from graph.model import Node, Ref
from graph.store import Access, open_store
from graph.store.base import GraphStore
from ingest.samples import load_sample
from tests.contract.made import batch
from tests.neo4j.server import Login
from tests.neo4j.wipe import wipe

_LEADER = "示例智能家电链主有限公司"
_Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> _Run:
    """Exit code, stdout and stderr of a command."""
    monkeypatch.setenv("LIANZHU_LANG", "zh")
    monkeypatch.setenv("COLUMNS", "200")

    def call(*words: object) -> tuple[int, str, str]:
        found = CliRunner().invoke(app, [str(word) for word in words])
        return found.exit_code, found.stdout, found.stderr

    return call


@pytest.fixture
def sample(tmp_path: Path) -> str:
    """The URL of a store with the sample zone."""
    url = f"sqlite:///{tmp_path}/sample.db"
    store = open_store(url)
    store.migrate()
    load_sample(store)
    store.close()
    return url


@pytest.fixture
def server(neo4j_server: Login, monkeypatch: pytest.MonkeyPatch) -> Iterator[GraphStore]:
    """An empty Neo4j that the commands use by default."""
    wipe(neo4j_server)
    monkeypatch.setenv("LIANZHU_GRAPH_URL", neo4j_server.url)
    monkeypatch.setenv("LIANZHU_GRAPH_USER", neo4j_server.user)
    monkeypatch.setenv("LIANZHU_GRAPH_PASSWORD", neo4j_server.password)
    store = open_store(neo4j_server.url, access=Access(neo4j_server.user, neo4j_server.password))
    store.migrate()
    yield store
    store.close()


def test_a_backup_is_made_and_restored(run: _Run, sample: str, tmp_path: Path) -> None:
    file, other = tmp_path / "备份.zip", f"sqlite:///{tmp_path}/other.db"
    code, out, _ = run("graph", "backup", file, "--store", sample)
    assert (code, "数据版本 1" in out) == (0, True)
    code, out, _ = run("graph", "restore", file, "--store", other, "--json")
    stats = json.loads(run("graph", "stats", "--store", sample, "--json")[1])
    assert (code, json.loads(out)) == (0, stats)
    assert run("graph", "verify", sample, other)[0] == 0
    code, _, err = run("graph", "restore", file, "--store", other)
    assert (code, "目标图谱里已有数据" in err) == (2, True)


def test_a_difference_exits_1_and_is_named(run: _Run, sample: str, tmp_path: Path) -> None:
    other = f"sqlite:///{tmp_path}/other.db"
    assert run("graph", "copy", "--from", sample, "--to", other, "--json")[0] == 0
    store = open_store(other)
    store.apply(batch(Node(Ref("Chain", "neu"), {"name": "新链"})))
    store.close()
    code, out, _ = run("graph", "verify", sample, other)
    assert code == 1
    assert '第一处不同：Chain ["Chain","neu"]' in out
    told = json.loads(run("graph", "verify", sample, other, "--json")[1])
    assert told["difference"]["second"] == {"name": "新链"}
    assert [p["name"] for p in told["parts"] if p["rows"][0] != p["rows"][1]] == ["Chain"]


def test_a_file_that_is_no_backup_exits_3(run: _Run, tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(b"PK")
    code, _, err = run(
        "graph", "restore", tmp_path / "x.zip", "--store", f"sqlite:///{tmp_path}/g.db"
    )
    assert (code, "不是本工具的备份" in err) == (3, True)


def test_marks_need_a_place_to_be_seen(run: _Run, sample: str) -> None:
    code, _, err = run("graph", "annotate", "--leader", _LEADER, "--store", sample)
    assert (code, "graph copy" in err) == (2, True)


def test_the_sample_moves_to_neo4j_and_back(
    run: _Run, server: GraphStore, sample: str, tmp_path: Path, neo4j_server: Login
) -> None:
    back = f"sqlite:///{tmp_path}/back.db"
    assert run("graph", "copy", "--from", sample, "--to", neo4j_server.url)[0] == 0
    assert run("graph", "copy", "--from", neo4j_server.url, "--to", back)[0] == 0
    assert run("graph", "verify", sample, back)[0] == 0
    assert run("graph", "verify", sample, neo4j_server.url)[0] == 0
    answers = [
        run("rank", "--leader", _LEADER, "--json", "--store", url)[1]
        for url in (sample, neo4j_server.url, back)
    ]
    assert answers[0] == answers[1] == answers[2]


def test_marks_say_what_the_answer_says_and_are_no_content(
    run: _Run, server: GraphStore, neo4j_server: Login
) -> None:
    load_sample(server)
    before = server.stats()
    code, out, _ = run("graph", "annotate", "--leader", _LEADER, "--json")
    gaps = json.loads(run("gaps", "--leader", _LEADER, "--json")[1])
    ranking = json.loads(run("rank", "--leader", _LEADER, "--json")[1])
    told = {"segments": len(gaps["segments"]), "candidates": len(ranking["candidates"])}
    assert (code, json.loads(out)) == (0, {**told, "revision": 1})
    assert server.stats() == before
    assert run("graph", "verify", neo4j_server.url, neo4j_server.url)[0] == 0
    marks = _marks(neo4j_server)
    for segment in gaps["segments"]:
        found = marks.pop(segment["segment"])
        assert found["_severity"] == segment["severity"]  # null where it is unknown, never 0
        assert (found["_gap_type"], found["_flags"]) == (segment["type"], segment["flags"])
        assert json.loads(found["_question"]) == gaps["question"]
        assert found["_revision"] == 1
    for place, candidate in enumerate(ranking["candidates"], 1):
        found = marks.pop(candidate["id"])
        assert (found["_score"], found["_rank"]) == (candidate["score"], place)
    assert marks == {}


def test_marks_go_with_the_next_question_the_next_import_and_on_request(
    run: _Run, server: GraphStore, neo4j_server: Login
) -> None:
    load_sample(server)
    run("graph", "annotate", "--leader", _LEADER)
    first = _marks(neo4j_server)
    run("graph", "annotate", "--leader", "示例机器人链主有限公司")
    second = _marks(neo4j_server)
    assert first.keys() - second.keys()
    assert {m["_leader"] for m in second.values()} == {"demo-leader-jiqiren"}
    segment = next(id for id, mark in second.items() if mark["_gap_type"])
    server.apply(batch(Node(Ref("Segment", segment), {"name": "改名", "as_of": "2099"})))
    assert _marks(neo4j_server).keys() == second.keys() - {segment}
    assert run("graph", "annotate", "--clear")[0] == 0
    assert _marks(neo4j_server) == {}


def _marks(login: Login) -> dict[str, dict[str, object]]:
    """The marks in the database, by id of the node."""
    import neo4j

    names = ("_severity", "_gap_type", "_flags", "_score", "_rank", "_leader", "_question")
    with neo4j.GraphDatabase.driver(login.url, auth=(login.user, login.password)) as driver:
        rows = driver.execute_query(
            "MATCH (n) WHERE n._question IS NOT NULL RETURN n.id, properties(n)"
        ).records
    return {
        row[0]: {name: row[1].get(name) for name in (*names, "_revision")}
        for row in (record.values() for record in rows)
    }


def test_what_somebody_did_by_hand_is_found_and_breaks_nothing(
    run: _Run, server: GraphStore, neo4j_server: Login
) -> None:
    import neo4j

    load_sample(server)
    first = server.page("Segment", limit=1).items[0].ref
    assert run("graph", "verify", neo4j_server.url)[0] == 0
    with neo4j.GraphDatabase.driver(
        neo4j_server.url, auth=(neo4j_server.user, neo4j_server.password)
    ) as driver:
        driver.execute_query(
            "MATCH (s:Segment) WITH s ORDER BY s.id LIMIT 1"
            " SET s.seen = date('2026-01-01'), s.number = 3, s.numbers = [1, 2]"
            " CREATE (h:Segment {id: 'hand', name: '手工环节'})-[:INPUT_OF {weight: 0.5}]->(s)"
            " CREATE (s)<-[:NOTED]-(:Note {text: '备注'})-[:INPUT_OF]->(s), (s)-[:INPUT_OF]->(h)"
        )
    code, out, _ = run("graph", "verify", neo4j_server.url)
    assert (code, "绕过本工具" in out) == (1, True)
    assert run("rank", "--leader", _LEADER)[0] == 0
    segment = server.get_many([first])[first]
    assert segment.props["seen"] == "2026-01-01"
    assert (segment.props["number"], segment.props["numbers"]) == (3.0, ["1", "2"])
    around = server.neighbourhood(segment.ref)
    assert {ref.label for ref in (n.ref for n in around.nodes)} <= {"Segment", "Chain", "Park"} | {
        "Enterprise",
        "Project",
    }
    assert len(server.rels_of(Ref("Segment", "hand"))) == 2

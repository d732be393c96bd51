"""The journey over the sample zone says the same on both engines, byte for byte."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from api.app import create_app
from api.cli import app as commands
from api.settings import Settings
from graph.model import LABELS
from graph.store import Access, open_store
from graph.store.base import GraphStore
from ingest.samples import load_sample
from tests.contract.reference import content_in
from tests.neo4j.server import Login
from tests.neo4j.wipe import wipe

# What is said is compared here, not how fast: a machine that does ten things at once may be slow.
PATIENT = 30.0
TOLD = 3  # candidates of a question that are taken apart
LEADERS = ["demo-leader-jiadian", "demo-leader-jiqiren", "demo-leader-xianshi"]
CHAINS = ["chain-jiadian", "chain-jiqiren", "chain-xianshi"]
# Other ways to look at one question: everything that changes the numbers.
ALSO = ["&world=closed", "&direction=both", "&proximity=local", "&as_of=2026-01-01"]


@dataclass(frozen=True)
class Side:
    """One engine with the sample zone in it, as a page and as a command line reach it."""

    store: GraphStore
    client: TestClient
    environ: dict[str, str]


@pytest.fixture(scope="module")
def sides(
    neo4j_server: Login, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Side, Side]]:
    """SQLite and Neo4j, both filled from empty."""
    wipe(neo4j_server)
    file = f"sqlite:///{tmp_path_factory.mktemp('journey')}/sample.db"
    records = f"sqlite:///{tmp_path_factory.mktemp('records')}/records.db"
    server = Settings(
        graph_url=neo4j_server.url,
        graph_user=neo4j_server.user,
        graph_password=neo4j_server.password,
    )
    with ExitStack() as stack:
        yield (
            _side(stack, Settings(graph_url=file), records),
            _side(stack, server, records),
        )


def _side(stack: ExitStack, settings: Settings, records: str) -> Side:
    access = Access(settings.graph_user, settings.graph_password)
    store = open_store(settings.graph_url, deadline=PATIENT, access=access)
    stack.callback(store.close)
    store.migrate()
    load_sample(store)
    environ = {
        "LIANZHU_GRAPH_URL": settings.graph_url,
        "LIANZHU_GRAPH_USER": settings.graph_user,
        "LIANZHU_GRAPH_PASSWORD": settings.graph_password,
        "LIANZHU_READ_SECONDS": str(PATIENT),
    }
    apart = replace(settings, records_url=records)
    client = TestClient(create_app(store, apart, sample=True))
    return Side(store, stack.enter_context(client), environ)


def same(sides: tuple[Side, Side], path: str) -> bytes:
    """What both answer to one address."""
    answers = [side.client.get(path) for side in sides]
    assert [answer.status_code for answer in answers] == [200, 200], path
    assert answers[0].content == answers[1].content, path
    return answers[0].content


def test_the_sample_is_the_same_content(sides: tuple[Side, Side]) -> None:
    sqlite, neo4j = (side.store for side in sides)
    assert [s.health().engine for s in (sqlite, neo4j)] == ["sqlite", "neo4j"]
    assert sqlite.revision() == neo4j.revision() == 1
    assert sqlite.stats() == neo4j.stats()
    assert content_in(sqlite) == content_in(neo4j)


def test_gaps_rank_and_reasons_are_the_same_bytes_for_every_leader_and_chain(
    sides: tuple[Side, Side],
) -> None:
    firms = sides[0].store.nodes("Enterprise")
    leaders = [node.ref.id for node in firms if node.props.get("leads")]
    chains = [node.ref.id for node in sides[0].store.nodes("Chain")]
    assert set(leaders) > set(LEADERS)
    assert set(chains) > set(CHAINS)
    questions = [f"leader={leader}&region=370211" for leader in leaders]
    questions += [f"chain={chain}&region=370211" for chain in chains]
    assert len(questions) == 27  # twenty leaders and seven chains
    explained = 0
    for question in questions:
        for more in ("", *ALSO):
            same(sides, f"/api/v1/gaps?{question}{more}")
            ranked = json.loads(same(sides, f"/api/v1/rank?{question}{more}"))
        for candidate in ranked["candidates"][:TOLD]:
            same(sides, f"/api/v1/explain?{question}&candidate={candidate['id']}")
            explained += 1
        # Of one that is no candidate, the reasons.
        same(sides, f"/api/v1/explain?{question}&candidate={leaders[0]}")
    assert explained >= TOLD * len(LEADERS + CHAINS)


@pytest.mark.parametrize(("chain", "leader"), [*zip(CHAINS, LEADERS, strict=True)])
def test_maps_are_the_same_bytes(sides: tuple[Side, Side], chain: str, leader: str) -> None:
    for asked in (f"leader={leader}", f"chain={chain}&region=370211"):
        for more in ("", *ALSO):
            same(sides, f"/api/v1/chains/{chain}/map?{asked}{more}")


def test_counts_and_what_a_search_finds_are_the_same_bytes(sides: tuple[Side, Side]) -> None:
    same(sides, "/api/v1/stats")
    for text in ("机器人", "機", "示例 公司", "seg", "a", "370211"):
        same(sides, f"/api/v1/search?q={text}")


@pytest.mark.parametrize(
    "address",
    ["entities/{}/{}?", "neighbourhood/{}/{}?limit=20", "neighbourhood/{}/{}?hops=2&limit=20"],
)
@pytest.mark.parametrize("label", LABELS)
def test_what_is_stored_about_a_thing_is_the_same_bytes(
    sides: tuple[Side, Side], label: str, address: str
) -> None:
    refs = [node.ref for node in sides[0].store.nodes(label)]
    for ref in refs[:: len(refs) // 12 + 1]:
        same(sides, "/api/v1/" + address.format(*ref))


@pytest.mark.parametrize("label", LABELS)
def test_lists_are_the_same_bytes(sides: tuple[Side, Side], label: str) -> None:
    cursor: str | None = ""
    while cursor is not None:
        page = json.loads(same(sides, f"/api/v1/nodes/{label}?limit=40&cursor={cursor}"))
        cursor = page["next_cursor"]


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("leader", LEADERS)
def test_pages_differ_in_nothing_but_the_name_of_the_engine(
    sides: tuple[Side, Side], leader: str, lang: str
) -> None:
    chain = leader.replace("demo-leader", "chain")
    first = sides[0].client.get(f"/api/v1/rank?leader={leader}").json()["candidates"][0]
    label = "Project" if first["kind"] == "project" else "Enterprise"
    for path in (
        "/?",
        f"/?chain={chain}&leader={leader}",
        f"/chains/{chain}?leader={leader}",
        f"/chains/{chain}/gaps?leader={leader}",
        f"/chains/{chain}/candidates?leader={leader}",
        f"/chains/{chain}/candidates?leader={leader}&why={first['id']}",
        f"/chains/{chain}/candidates?",
        f"/chains/{chain}/graph?leader={leader}",
        f"/chains/{chain}/graph/frame?leader={leader}",
        f"/chains/{chain}/graph/frame?",
        f"/entities/Enterprise/{leader}?chain={chain}",
        f"/entities/{label}/{first['id']}?leader={leader}",
        "/method?",
    ):
        texts = [_unsigned(side, f"{path}&lang={lang}") for side in sides]
        assert texts[0] == texts[1], path


@pytest.mark.parametrize("asked", [("--leader", LEADERS[1]), ("--chain", CHAINS[2])])
def test_the_command_line_prints_the_same_bytes(
    sides: tuple[Side, Side], monkeypatch: pytest.MonkeyPatch, asked: tuple[str, str]
) -> None:
    candidate = sides[0].client.get(f"/api/v1/rank?leader={LEADERS[1]}").json()["candidates"][0]
    monkeypatch.setenv("COLUMNS", "200")
    question = (*asked, "--region", "370211")
    for words in (
        ("gaps", *question),
        ("rank", *question),
        ("rank", *question, "--top", "3", "--kind", "project"),
        ("explain", *question, "--candidate", candidate["id"]),
    ):
        for shown in (("--json",), ()):
            printed = [_printed(monkeypatch, side, *words, *shown) for side in sides]
            assert printed[0] == printed[1], words
            assert len(printed[0]) > 50, words


def _unsigned(side: Side, path: str) -> str:
    """A page without the word in its foot that names the engine; a frame has no foot."""
    answer = side.client.get(path)
    assert answer.status_code == 200, path
    text, signature = answer.text, f" {side.store.health().engine}</span>"
    assert text.count(signature) == ("/frame" not in path), path
    return text.replace(signature, "</span>")


def _printed(monkeypatch: pytest.MonkeyPatch, side: Side, *words: str) -> bytes:
    """What a command writes to stdout when its environment names the side's store."""
    for name, value in side.environ.items():
        monkeypatch.setenv(name, value)
    done = CliRunner().invoke(commands, [*words])
    assert done.exit_code == 0, done.stderr
    return done.stdout_bytes


def test_parks_and_what_if_are_the_same_bytes(sides: tuple[Side, Side]) -> None:
    assert len(json.loads(same(sides, "/api/v1/fit"))["matrix"]) == 21 * 17
    same(sides, "/api/v1/parks/demo-park-binhai")
    for project in ("demo-p-bianpin", "demo-p-dianlu"):
        same(sides, f"/api/v1/landing?project={project}")
    same(sides, "/api/v1/outage?enterprise=demo-haian-dianji")

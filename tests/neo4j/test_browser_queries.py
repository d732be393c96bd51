"""What a team sees in Neo4j Browser: every query against a plain walk over the same rows, with the
parameters that the README gives."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from importlib.resources import files
from itertools import pairwise
from statistics import median
from typing import Any

import neo4j
import pytest
from neo4j import READ_ACCESS, Record
from neo4j.exceptions import ClientError

from api.annotating import annotate
from api.desk import Desk
from graph.model import LABELS, RELATIONS, Batch, Node, Ref, Rel
from graph.question import Question
from graph.store import Access, open_store
from graph.store.base import GraphStore
from graph.tables import TABLES
from ingest.samples import load_sample
from tests.neo4j.server import Login
from tests.neo4j.wipe import wipe
from viz.palette import MARKS
from viz.words import term

FOLDER = files("graph.store") / "browser"
README = (FOLDER / "README.md").read_text("utf-8")
QUERIES = {
    file.name.removesuffix(".cypher"): file.read_text("utf-8")
    for file in sorted((FOLDER / "queries").iterdir(), key=lambda f: f.name)
}
LEADERS = ("demo-leader-jiadian", "demo-leader-jiqiren", "demo-leader-xianshi")
CHINESE = re.compile("[\u4e00-\u9fff]")

Ask = Callable[..., list[Record]]


@pytest.fixture(scope="module")
def store(neo4j_server: Login) -> Iterator[GraphStore]:
    """The sample zone, alone in the database."""
    access = Access(neo4j_server.user, neo4j_server.password)
    opened = open_store(neo4j_server.url, access=access)
    wipe(neo4j_server)
    opened.migrate()
    load_sample(opened)
    yield opened
    opened.close()


@pytest.fixture
def changed(store: GraphStore) -> Iterator[GraphStore]:
    """The sample with some weights known and the only maker of a segment closed."""
    ends = [("banjinjian", 0.9), ("menfengtiao", 0.3), ("bingxiangyasuoji", 0.8)]
    rels = [
        Rel("INPUT_OF", segment(name), segment("bingxiang"), props={"weight": weight})
        for name, weight in ends
    ]
    closed = Node(
        Ref("Enterprise", "demo-haian-jingji"), {"status": "closed", "as_of": "2026-07-01"}
    )
    store.apply(Batch("browser-queries", "test", [closed], rels))
    yield store
    store.undo()


@pytest.fixture
def driver(neo4j_server: Login) -> Iterator[neo4j.Driver]:
    auth = (neo4j_server.user, neo4j_server.password)
    with neo4j.GraphDatabase.driver(neo4j_server.url, auth=auth) as opened:
        yield opened


@pytest.fixture
def ask(driver: neo4j.Driver) -> Ask:
    """Run a query file in READ mode with the README's parameters, some of them replaced."""

    def run(name: str, **instead: object) -> list[Record]:
        with driver.session(database="neo4j", default_access_mode=READ_ACCESS) as session:
            return list(session.run(QUERIES[name], {**parameters(name), **instead}))

    return run


def segment(name: str) -> Ref:
    return Ref("Segment", f"seg-{name}")


def parameters(name: str) -> dict[str, Any]:
    """The `:param` lines below a query's heading in the README, as values."""
    _, _, rest = README.partition(f"### `{name}.cypher` ")
    below, _, _ = rest.partition("\n### ")
    below, _, _ = below.partition("\n## ")
    found = re.findall(r"^:param (\w+) => (.+)$", below, flags=re.MULTILINE)
    return {key: json.loads(value.replace("'", '"')) for key, value in found}


class Zone:
    """The rows of a store in plain dictionaries, and the questions answered without Cypher."""

    def __init__(self, store: GraphStore) -> None:
        self.rels = {type_: list(store.rels(type_)) for type_ in RELATIONS}
        self.nodes = {label: {n.ref.id: n.props for n in store.nodes(label)} for label in LABELS}
        known = [float(r.props["weight"]) for r in self.rels["INPUT_OF"] if "weight" in r.props]  # type: ignore[arg-type]
        self.usual = median(known) if known else 0.5

    def ends(self, type_: str, src: str = "", dst: str = "") -> set[str]:
        """The other ends of the relations of a type that start or end at one node."""
        found = {r.dst.id for r in self.rels[type_] if r.src.id == src}
        return found | {r.src.id for r in self.rels[type_] if r.dst.id == dst}

    def inside(self, region: object, outer: str) -> bool:
        while isinstance(region, str) and region != outer:
            region = self.nodes["Region"][region].get("parent")
        return region == outer

    def active(self, enterprise: str) -> bool:
        return self.nodes["Enterprise"][enterprise].get("status", "active") == "active"

    def makers(self, made: str, region: str) -> set[str]:
        """Active makers in a region, by `produces` and by what operating projects offer."""
        rows = self.ends("PRODUCES", dst=made)
        here = {e for e in rows if self.inside(self.nodes["Enterprise"][e].get("region"), region)}
        for name in self.ends("OFFERS", dst=made):
            project = self.nodes["Project"][name]
            if project.get("stage") == "operating" and self.inside(project.get("region"), region):
                here |= {e for e in self.ends("PROPOSED_BY", src=name) if e not in rows}
        return {e for e in here if self.active(e)}

    def criticality(self, leader: str) -> dict[str, float]:
        """Of every segment the leader requires, hop by hop; the queries list walks instead."""
        makes = [r for r in self.rels["PRODUCES"] if r.src.id == leader]
        hop = {r.dst.id: float(r.props.get("importance", 1.0)) for r in makes}  # type: ignore[arg-type]
        best: dict[str, float] = {}
        for _ in range(6):
            into: dict[str, float] = {}
            for r in self.rels["INPUT_OF"]:
                if r.dst.id in hop:
                    weight = float(r.props.get("weight", self.usual))  # type: ignore[arg-type]
                    worth = hop[r.dst.id] * (0.875 * weight)
                    into[r.src.id] = max(into.get(r.src.id, 0.0), worth)
            best = {s: max(best.get(s, 0.0), into.get(s, 0.0)) for s in best.keys() | into.keys()}
            hop = into
        return {s: c for s, c in best.items() if s not in {r.dst.id for r in makes}}

    def of_chain(self, chain: str) -> set[str]:
        return self.ends("PART_OF", dst=chain)

    def name(self, label: str, id_: str) -> object:
        return self.nodes[label][id_]["name"]


# --- the answers -------------------------------------------------------------------------------


def check_gaps(ask: Ask, zone: Zone, leader: str) -> list[Record]:
    found = ask("gaps_of_leader", leader=leader)
    region = str(zone.nodes["Enterprise"][leader]["region"])
    expected = sorted(zone.criticality(leader).items(), key=lambda item: (-item[1], item[0]))
    assert [(r["编号 id"], r["关键度 c"]) for r in found] == expected
    for r in found:
        names = [zone.name("Enterprise", e) for e in zone.makers(r["编号 id"], region)]
        assert sorted(r["供应商 names"]) == sorted(map(str, names))
        assert r["供应商数 suppliers"] == len(names)
    return found


@pytest.mark.parametrize("leader", LEADERS)
def test_gaps_of_leader(ask: Ask, store: GraphStore, leader: str) -> None:
    check_gaps(ask, Zone(store), leader)


def test_gaps_of_leader_written_out(ask: Ask, store: GraphStore) -> None:
    rows = {r["环节 segment"]: r for r in ask("gaps_of_leader")}
    assert len(rows) == 94
    assert rows["冰箱压缩机"]["关键度 c"] == 0.4375  # importance 1 · 0.875 · 0.5
    assert rows["冰箱压缩机"]["供应商数 suppliers"] == 0
    assert rows["家电电机"]["供应商 names"] == ["示例海岸电机有限公司"]
    assert rows["家电电机"]["区域 region"] == "黄岛区"
    shown = {r["环节 segment"]: r for r in ask("gaps_of_leader", leader="demo-leader-xianshi")}
    # Nobody is listed as making it: an operating project of this firm does.
    assert shown["背光模组"]["供应商 names"] == ["示例蓝湾背光有限公司"]


def test_known_weights_and_a_closed_firm_count(ask: Ask, changed: GraphStore) -> None:
    zone = Zone(changed)
    assert zone.usual == 0.8
    rows = {r["编号 id"]: r for r in check_gaps(ask, zone, LEADERS[0])}
    assert rows["seg-banjinjian"]["关键度 c"] == 0.875 * 0.9
    assert rows["seg-banjinjian"]["供应商 names"] == []
    assert rows["seg-menfengtiao"]["关键度 c"] == 0.875 * 0.3
    check_single(ask, zone, leader=LEADERS[0], chain=None, region="370211")
    check_paths(ask, zone, "seg-zhouchenggang", LEADERS[0])


def test_a_leader_without_a_region_has_no_count(ask: Ask, store: GraphStore) -> None:
    assert "region" not in Zone(store).nodes["Enterprise"]["ent-jiangfengdianzi"]
    rows = ask("gaps_of_leader", leader="ent-jiangfengdianzi")
    assert [(r["环节 segment"], r["供应商数 suppliers"]) for r in rows] == [("高纯金属", None)]


def check_paths(ask: Ask, zone: Zone, start: str, leader: str) -> list[Record]:
    """The strongest path is as strong as the walk hop by hop, and each is a walk that exists."""
    found = ask("path_from_segment_to_leader", segment=start, leader=leader)
    assert found[0]["强度 strength"] == zone.criticality(leader)[start]
    strengths = [r["强度 strength"] for r in found]
    assert strengths == sorted(strengths, reverse=True)
    pairs = {(r.src.id, r.dst.id) for r in zone.rels["INPUT_OF"]}
    for r in found:
        *walk, end = [node["id"] for node in r["路径 path"].nodes]
        assert end == leader
        assert set(pairwise(walk)) <= pairs
        assert walk[-1] in zone.ends("PRODUCES", src=leader)
    return found


def test_path_from_segment_to_leader(ask: Ask, store: GraphStore) -> None:
    zone = Zone(store)
    for start in zone.criticality(LEADERS[0]):
        check_paths(ask, zone, start, LEADERS[0])
    found = check_paths(ask, zone, "seg-zhouchenggang", LEADERS[0])
    first = found[0]["路径 path"]
    assert isinstance(first, neo4j.graph.Path)
    assert [n["name"] for n in first.nodes][:-1] == ["轴承钢", "轴承", "洗衣机"]
    assert found[0]["强度 strength"] == 0.7 * (0.875 * 0.5) * (0.875 * 0.5)
    assert len(found) == 3


def check_single(ask: Ask, zone: Zone, **asked: str | None) -> list[Record]:
    found = ask("single_sourced_segments", **asked)
    wanted = set(zone.criticality(asked["leader"])) if asked["leader"] else set()
    wanted |= zone.of_chain(asked["chain"]) if asked["chain"] else set()
    makers = {s: zone.makers(s, str(asked["region"])) for s in sorted(wanted)}
    expected = [(s, some.pop()) for s, some in makers.items() if len(some) == 1]
    assert [(r["编号 id"], r["企业编号 maker id"]) for r in found] == expected
    return found


@pytest.mark.parametrize("region", ["370211", "370200", "370000"])
@pytest.mark.parametrize(
    ("leader", "chain"),
    [
        ("demo-leader-jiadian", None),
        (None, "chain-jiqiren"),
        ("demo-leader-xianshi", "chain-xianshi"),
    ],
)
def test_single_sourced_segments(
    ask: Ask, store: GraphStore, region: str, leader: str | None, chain: str | None
) -> None:
    check_single(ask, Zone(store), leader=leader, chain=chain, region=region)


def test_single_sourced_segments_written_out(ask: Ask, store: GraphStore) -> None:
    found = [(r["环节 segment"], r["唯一企业 only maker"]) for r in ask("single_sourced_segments")]
    assert ("家电电机", "示例海岸电机有限公司") in found
    assert len(found) == 14
    assert "注塑件" not in dict(found)  # three makers


@pytest.mark.parametrize("chain", ["chain-jiadian", "chain-jiqiren", "chain-xianshi"])
def test_park_tenants_on_chain(ask: Ask, store: GraphStore, chain: str) -> None:
    zone = Zone(store)
    for park in zone.nodes["Park"]:
        places = {park} | {
            p for p, props in zone.nodes["Park"].items() if props.get("parent") == park
        }
        expected = []
        for place in sorted(places):
            for tenant in sorted(zone.ends("TENANT_OF", dst=place)):
                made = sorted(zone.ends("PRODUCES", src=tenant) & zone.of_chain(chain))
                if made and zone.active(tenant):
                    names = [zone.name("Segment", s) for s in made]
                    expected.append((zone.name("Park", place), tenant, names))
        found = ask("park_tenants_on_chain", park=park, chain=chain)
        assert [(r["园区 park"], r["编号 id"], r["环节 segments"]) for r in found] == expected


def test_park_tenants_on_chain_written_out(ask: Ask, store: GraphStore) -> None:
    rows = {r["企业 tenant"]: r for r in ask("park_tenants_on_chain")}
    assert len(rows) == 5
    assert rows["示例海岸线束有限公司"]["园区 park"] == "示例滨海智造园家电配套区"
    assert rows["示例海岸电机有限公司"]["环节 segments"] == ["家电电机", "家电风机"]


def test_projects_on_gap(ask: Ask, store: GraphStore) -> None:
    zone = Zone(store)
    spelled = TABLES["projects"].column("stage").words
    words = {
        code: next(w for w, c in spelled.items() if c == code != w) for code in spelled.values()
    }
    for offered in zone.nodes["Segment"]:
        projects = zone.ends("OFFERS", dst=offered)
        found = ask("projects_on_gap", segment=offered)
        assert {r["编号 id"] for r in found} == projects
        for r in found:
            props = zone.nodes["Project"][r["编号 id"]]
            assert r["阶段 stage"] == words[str(props["stage"])]
            assert r["申报单位 applicant"] == zone.name("Enterprise", str(props["applicant"]))
            assert r["园区 park"] == zone.name("Park", str(props["park"]))


def test_projects_on_gap_written_out(ask: Ask, store: GraphStore) -> None:
    columns = ("项目 project", "阶段 stage", "申报单位 applicant", "产能 capacity", "单位 unit")
    assert [tuple(r[c] for c in columns) for r in ask("projects_on_gap")] == [
        ("示例高效冰箱压缩机项目", "已签约", "示例江芜压缩机有限公司", 340.0, "万台/年"),
        ("示例变频压缩机项目", "在谈", "示例海岸电机有限公司", 280.0, "万台/年"),
    ]


@pytest.fixture
def asked(store: GraphStore) -> Iterator[Question]:
    """The question whose answer is written on the nodes."""
    question = Question.checked(leader=LEADERS[0])
    annotate(Desk(store), question)
    yield question
    annotate(Desk(store), None)


def test_annotated_gaps(ask: Ask, store: GraphStore, asked: Question) -> None:
    answer = Desk(store).gaps(asked)
    worth = {s.segment: -1.0 if s.severity is None else s.severity for s in answer.segments}
    ordered = sorted(answer.segments, key=lambda s: (-worth[s.segment], s.segment))
    found = ask("annotated_gaps")
    columns = ("类型 type", "环节 segment", "强度 severity", "标志 flags")
    assert [tuple(r[c] for c in columns) for r in found] == [
        (
            f"{MARKS[s.type]} {term('zh', 'type', s.type)}",
            s.name,
            s.severity,
            [term("zh", "flag", flag) for flag in s.flags],
        )
        for s in ordered
    ]
    assert (found[0]["类型 type"], found[0]["环节 segment"]) == ("× 缺链", "冰箱压缩机")
    assert {r["链主或产业链 asked"] for r in found} == {"示例智能家电链主有限公司"}
    assert {r["仍是现状 current"] for r in found} == {True}


def test_annotated_candidates(ask: Ask, store: GraphStore, asked: Question) -> None:
    ranked = Desk(store).rank(asked).candidates
    columns = ("编号 id", "类别 kind", "得分 score", "补链贡献 fill")
    found = ask("annotated_candidates")
    assert [tuple(r[c] for c in columns) for r in found] == [
        (c.id, term("zh", "kind", c.kind), c.score, c.fill) for c in ranked
    ]
    assert [r["名次 rank"] for r in found] == list(range(1, len(ranked) + 1))
    assert found[0]["候选 candidate"] == "示例甬江控制器有限公司"


def test_an_annotation_says_when_the_graph_has_moved_on(
    ask: Ask, asked: Question, changed: GraphStore
) -> None:
    assert {r["仍是现状 current"] for r in ask("annotated_gaps")} == {False}
    assert {r["仍是现状 current"] for r in ask("annotated_candidates")} == {False}


def test_an_annotated_chain_is_named(ask: Ask, store: GraphStore) -> None:
    annotate(Desk(store), Question.checked(chain="chain-jiqiren", region="370211"))
    assert {r["链主或产业链 asked"] for r in ask("annotated_gaps")} == {"机器人"}
    annotate(Desk(store), None)
    assert ask("annotated_gaps") == ask("annotated_candidates") == []


def test_leader_neighbourhood(ask: Ask, store: GraphStore) -> None:
    for leader in LEADERS:
        rels = store.rels_of(Ref("Enterprise", leader))
        found = [
            r["路径 path"].relationships[0] for r in ask("leader_neighbourhood", leader=leader)
        ]
        ends = [(r.type, r.start_node["id"], r.end_node["id"], r.get("key", "")) for r in found]
        assert sorted(ends) == sorted((r.type, r.src.id, r.dst.id, r.key) for r in rels)
    kinds = {r["路径 path"].relationships[0].type for r in ask("leader_neighbourhood")}
    assert kinds == {"SUPPLIES", "PRODUCES", "NEEDS", "LEADS", "TENANT_OF", "LOCATED_IN"}


def test_evidence_of(ask: Ask, store: GraphStore) -> None:
    for ref in (Ref("Enterprise", "demo-haian-dianji"), Ref("Segment", "seg-bolijiban")):
        node = store.get(ref)
        assert node
        held = [node.props, *(r.props for r in store.rels_of(ref))]
        ids = [str(e) for props in held for e in props.get("evidence", [])]  # type: ignore[union-attr]
        records = store.get_many([Ref("Evidence", e) for e in ids])
        expected = sorted(
            (str(p["source"]), str(p.get("locator")), str(p.get("as_of")))
            for p in (records[Ref("Evidence", e)].props for e in ids)
        )
        found = ask("evidence_of", id=ref.id)
        columns = ("来源 source", "出处 locator", "日期 as of")
        assert sorted(tuple(str(r[c]) for c in columns) for r in found) == expected


def test_evidence_of_written_out(ask: Ask, store: GraphStore) -> None:
    rows = {r["支持 behind"]: r for r in ask("evidence_of")}
    assert len(rows) == 7
    assert rows["PRODUCES 家电电机"]["来源 source"] == "示例数据"
    assert rows["PRODUCES 家电电机"]["等级 grade"] == "申报"


# --- the files ---------------------------------------------------------------------------------


def test_every_query_is_named_in_the_readme_with_its_parameters() -> None:
    headings = re.findall(r"^### `(\w+)\.cypher` ", README, flags=re.MULTILINE)
    assert sorted(headings) == sorted(QUERIES)
    assert {f"{name}.cypher" for name in QUERIES} == {
        f.name for f in (FOLDER / "queries").iterdir()
    }
    for name, text in QUERIES.items():
        code = re.sub(r"//.*", "", text)
        assert set(re.findall(r"\$(\w+)", code)) == set(parameters(name)), name


@pytest.mark.parametrize("name", QUERIES)
def test_each_query_says_what_it_answers_in_both_languages(name: str) -> None:
    zh, en, *_ = QUERIES[name].splitlines()
    assert zh.startswith("// ")
    assert CHINESE.search(zh)
    assert en.startswith("// ")
    assert not CHINESE.search(en)


@pytest.mark.parametrize("name", QUERIES)
def test_no_query_writes_or_is_out_of_date(
    driver: neo4j.Driver, asked: Question, name: str
) -> None:
    with driver.session(database="neo4j", default_access_mode=READ_ACCESS) as session:
        summary = session.run("EXPLAIN " + QUERIES[name], parameters(name)).consume()
    assert summary.query_type == "r"
    warned = [s for s in summary.gql_status_objects if s.raw_severity == "WARNING"]
    assert [s.status_description for s in warned] == []


def test_read_mode_refuses_a_write(driver: neo4j.Driver, store: GraphStore) -> None:
    with (
        driver.session(database="neo4j", default_access_mode=READ_ACCESS) as session,
        pytest.raises(ClientError, match="read access mode") as caught,
    ):
        session.run("MATCH (s:Segment) SET s.name = 'x'").consume()
    assert caught.value.code == "Neo.ClientError.Statement.AccessMode"


def test_the_readme_lists_every_label_and_type_with_its_chinese_word() -> None:
    for label in LABELS:
        assert f"| `{label}` | {term('zh', 'label', label)} |" in README
    for type_ in RELATIONS:
        assert f"| `{type_}` | {term('zh', 'relation', type_)} |" in README

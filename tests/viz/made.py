"""Hand-made answers for a small robot chain, shared by the page tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from graph.analysis.answers import (
    Asked,
    CandidateAnswer,
    ChainCell,
    ChainMap,
    Dossier,
    Fact,
    GapsAnswer,
    Modifiers,
    NarrowBy,
    PartAnswer,
    RankAnswer,
    RelatedFact,
    SegmentAnswer,
    SupplierAnswer,
    ToVerify,
    WhyNot,
)
from graph.analysis.picture import Picture
from graph.model import Node, Ref, Rel
from tests.viz.made_parks import park_pages
from viz import contexts as c
from viz.relations import GraphPage

EVIL = "<script>alert(1)</script>"

NAMES: dict[str, str] = {
    "robot": "工业机器人产业链",
    "s-robot": "工业机器人",
    "s-reducer": "减速器",
    "s-bearing": "轴承",
    "s-steel": "轴承钢",
    "s-servo": "伺服电机",
    "s-ctrl": "控制器",
    "s-vision": "机器视觉",
    "s-magnet": "永磁材料",
    "s-cable": "线缆",
    "s-casting": "铸件",
    "s-integration": "系统集成",
    "s-service": "运维服务",
    "s-cell": "柔性产线",
    "e-lead": "青岛海控机器人有限公司",
    "e-2": "青岛恒力精密传动有限公司",
    "e-3": "苏州绿驱传动科技股份有限公司",
    "e-4": "青岛胶东线缆有限公司",
    "e-5": "济南鲁重轴承有限公司",
    "e-6": "无落位轴承制造有限公司",
    "p-1": "年产20万台伺服电机项目",
    "p-2": "精密减速器与轴承一体化项目",
    "370211": "黄岛区",
    "370200": "青岛市",
    "park-1": "智能制造产业园",
}
ASKED = Asked("e-lead", None, "370211", "2024-06-30", "open", "nested", "up", "balanced")
EVIDENCE = {
    "ev1": c.EvidenceFact("企业申报表", "Sheet1!C12", "2024-03-01", "declared"),
    "ev2": c.EvidenceFact("走访记录", "第 3 页", "2024-05-12", "verified"),
    "ev3": c.EvidenceFact(None, None, None, "inferred"),
}


def segment(
    id: str, type: str, criticality: float, shortage: float | None, **more
) -> SegmentAnswer:
    """A required segment of the chain."""
    severity = None if shortage is None else criticality * shortage
    spread = (0.0, criticality) if severity is None else (severity * 0.7, min(1, severity * 1.25))
    base = SegmentAnswer(
        id, NAMES.get(id, id), ["robot"], type, [], criticality, shortage, severity, spread,
        ["s-robot", id], [], [],
    )  # fmt: skip
    return replace(base, **more)


SEGMENTS = [
    segment("s-bearing", "weak", 0.46, 0.62, path=["s-robot", "s-reducer", "s-bearing"],
        flags=["leakage", "stale"], evidence=["ev1", "ev3", "gone"],
        suppliers=[SupplierAnswer("e-5", 0.5, 0.09, 0.9, 0.2, ["need", "availability"]),
                   SupplierAnswer("e-2", 0.25, 0.225, 0.9, 1.0, ["capacity"])]),
    segment("s-cable", "covered", 0.18, 0.03, evidence=["ev2"],
        suppliers=[SupplierAnswer("e-4", 1.0, 1.0, 0.97, 1.0, [])]),
    segment("s-casting", "crowded", 0.26, 0.0),
    segment("s-ctrl", "single_sourced", 0.61, 0.14, flags=["broken"], evidence=["ev2"],
        suppliers=[SupplierAnswer("e-2", 1.0, 0.9, 0.9, 1.0, [])]),
    segment("s-magnet", "unknown", 0.31, None, path=["s-robot", "s-servo", "s-magnet"]),
    segment("s-reducer", "nearby", 0.7, 0.72, flags=["extension"], evidence=["ev1"],
        suppliers=[SupplierAnswer("e-3", 0.6, 0.3, 0.93, 0.5, [])]),
    segment("s-servo", "missing", 0.525, 1.0),
    segment("s-steel", "unknown", 0.22, None,
        path=["s-robot", "s-reducer", "s-bearing", "s-steel"]),
    segment("s-vision", "unknown", 0.4, None),
]  # fmt: skip

GAPS = GapsAnswer(
    ASKED, 42, "1", {"availability": 0.9}, 1.45, (0.9, 2.4), SEGMENTS,
    ["s-servo", "s-reducer", "s-bearing", "s-ctrl"], ["s-robot"],
    [ToVerify("s-vision", 0.4, ["s-robot", "s-vision"]),
     ToVerify("s-magnet", 0.31, ["s-robot", "s-servo", "s-magnet"]),
     ToVerify("s-steel", 0.22, ["s-robot", "s-reducer", "s-bearing", "s-steel"])],
    7, ["e-lead"], [],
)  # fmt: skip

SERVO = CandidateAnswer(
    "p-1", NAMES["p-1"], "project", 0.18, 0.228, 0.331, 0.31, (0.09, 0.24),
    NarrowBy("capacity", "s-servo"), Modifiers(0.4, 0.5, 0.6),
    [PartAnswer("s-servo", 0.18, 0.331, 1.0, 0.46, ["s-robot", "s-servo"], ["ev1", "ev2"])],
    ["capacity:s-servo", "availability"],
)  # fmt: skip
BOTH = CandidateAnswer(
    "p-2", NAMES["p-2"], "project", 0.262, 0.331, 0.48, None, (0.2, 0.31),
    NarrowBy("stage", None), Modifiers(0.55, 0.2, 0.8),
    [PartAnswer("s-bearing", 0.062, 0.12, 0.62, 0.36, ["s-robot", "s-reducer", "s-bearing"], []),
     PartAnswer("s-reducer", 0.2, 0.36, 0.72, 0.21, ["s-robot", "s-reducer"], ["ev1"])],
    [],
)  # fmt: skip
EXPANSION = CandidateAnswer(
    "e-2", NAMES["e-2"], "expansion", 0.03, 0.04, 0.055, None, None, None,
    Modifiers(0.0, 0.9, 0.2),
    [PartAnswer("s-ctrl", 0.03, 0.055, 0.14, 0.05, ["s-robot", "s-ctrl"], ["ev2"])], [],
)  # fmt: skip
FIRM = replace(
    SERVO, id="e-3", name=NAMES["e-3"], kind="enterprise", score=0.0, fill=0.0, gain=0.0,
    fill_if_missing=0.12, interval=(0.0, 0.1), narrow_by=NarrowBy("survey", "s-vision"), parts=[],
)  # fmt: skip
RANK = RankAnswer(
    ASKED, 42, "1", {}, 1.45, [BOTH, SERVO, EXPANSION, FIRM], ["e-6"], ["closed_world"]
)

MAP = ChainMap(
    ASKED, 42, "1", "robot", NAMES["robot"],
    [
        ChainCell(id, NAMES[id], stage, local, reach, projects, in_house, leaders,
                  s.type if (s := {x.segment: x for x in SEGMENTS}.get(id)) else None,
                  s.flags if s else [], s.severity if s else None, s.interval if s else None)
        for id, stage, local, reach, projects, in_house, leaders in [
            ("s-steel", "upstream", 0, 0, 0, False, []),
            ("s-magnet", "upstream", 0, 0, 0, False, []),
            ("s-casting", "upstream", 12, 3, 0, False, []),
            ("s-bearing", "upstream", 1, 4, 1, False, []),
            ("s-cable", "upstream", 3, 1, 0, False, []),
            ("s-reducer", "midstream", 0, 2, 1, False, []),
            ("s-servo", "midstream", 0, 0, 1, False, []),
            ("s-ctrl", "midstream", 1, 0, 0, False, []),
            ("s-vision", "midstream", 0, 0, 0, False, []),
            ("s-robot", "downstream", 1, 0, 0, True, ["e-lead"]),
            ("s-integration", "downstream", 4, 0, 0, False, []),
            ("s-service", None, 0, 0, 0, False, []),
        ]
    ],
)  # fmt: skip

WHY = WhyNot("e-4", NAMES["e-4"], [{"code": "inside_region", "region": "370211"}])

DOSSIER = Dossier(
    "Enterprise", "e-2", NAMES["e-2"], 42,
    [
        Fact("name", NAMES["e-2"], "declared", "2024-03-01", "企业申报表", "Sheet1!A12", True),
        Fact("revenue_wan", 12000.0, "verified", "2024-05-12", "走访记录", "第 3 页", True),
        Fact("revenue_wan", 9800.0, "declared", "2024-03-01", "企业申报表", "Sheet1!C12", False),
        Fact("size", "medium", "declared", "2024-03-01", "企业申报表", None, True),
        Fact("region", "370211", "inferred", None, None, None, True),
        Fact("aliases", ["恒力", "恒力传动"], "declared", None, "企业申报表", None, True),
    ],
    [
        RelatedFact("PRODUCES", True, "Segment", "s-ctrl", "控制器", "",
            [Fact("capacity", 2000.0, "verified", "2024-05-12", "走访记录", "第 3 页", True),
             Fact("capacity", 1500.0, "declared", "2024-03-01", "企业申报表", None, False)]),
        RelatedFact("SUPPLIES", True, "Enterprise", "e-lead", NAMES["e-lead"], "s-ctrl",
            [Fact("share", 0.4, "declared", "2024-03-01", "企业申报表", None, True)]),
        RelatedFact("SUPPLIES", False, "Enterprise", "e-5", NAMES["e-5"], "s-bearing", []),
        RelatedFact("LOCATED_IN", True, "Region", "370211", "黄岛区", "",
            [Fact("", None, "declared", None, None, None, True)]),
    ],
)  # fmt: skip


def graph(extra: int = 0) -> tuple[list[Node], list[Rel]]:
    """The chain's relation graph, with some more firms that make castings."""
    refs = {
        id: Ref(label, id)
        for label, ids in {
            "Segment": [x for x in NAMES if x.startswith("s-")],
            "Enterprise": [x for x in NAMES if x.startswith("e-")],
            "Project": ["p-1", "p-2"],
            "Park": ["park-1"],
            "Region": ["370211"],
            "Chain": ["robot"],
        }.items()
        for id in ids
    }
    more = [Ref("Enterprise", f"x-{i:03}") for i in range(extra)]
    stages = {x.segment: x.stage for x in MAP.cells if x.stage}
    nodes = [Node(r, {"name": NAMES[r.id]}) for r in refs.values()]
    nodes += [Node(r, {"name": f"铸件厂{r.id}"}) for r in more]
    rels = [
        Rel(type, refs[a], refs[b])
        for type, a, b in [
            ("INPUT_OF", "s-steel", "s-bearing"),
            ("INPUT_OF", "s-bearing", "s-reducer"),
            ("INPUT_OF", "s-reducer", "s-robot"),
            ("INPUT_OF", "s-servo", "s-robot"),
            ("INPUT_OF", "s-magnet", "s-servo"),
            ("INPUT_OF", "s-ctrl", "s-robot"),
            ("PRODUCES", "e-lead", "s-robot"),
            ("PRODUCES", "e-2", "s-ctrl"),
            ("PRODUCES", "e-2", "s-bearing"),
            ("PRODUCES", "e-3", "s-reducer"),
            ("PRODUCES", "e-4", "s-cable"),
            ("PRODUCES", "e-5", "s-bearing"),
            ("SUPPLIES", "e-2", "e-lead"),
            ("SUPPLIES", "e-5", "e-2"),
            ("INVESTS_IN", "e-lead", "e-2"),
            ("OFFERS", "p-1", "s-servo"),
            ("OFFERS", "p-2", "s-reducer"),
            ("PROPOSED_BY", "p-2", "e-3"),
            ("APPLIES_TO", "p-2", "park-1"),
            ("LEADS", "e-lead", "robot"),
            ("LOCATED_IN", "e-lead", "370211"),
        ]
    ]
    rels += [Rel("PART_OF", refs[s], refs["robot"], "", {"stage": g}) for s, g in stages.items()]
    rels += [Rel("PRODUCES", r, refs["s-casting"]) for r in more]
    return nodes, rels


def shown(
    nodes: list[Node], rels: list[Rel], center: Ref | None = None, hidden: int = 0
) -> Picture:
    """Nodes and relations as a picture; every third node has neighbours that are not shown."""
    degree = {n.ref: sum(n.ref in (r.src, r.dst) for r in rels) for n in nodes}
    beyond = {n.ref: 4 * (i % 3 == 0) for i, n in enumerate(nodes)}
    return Picture(center, nodes, rels, hidden, [], degree, beyond)


def frame(lang: str = "zh", path: str = "/chains/robot/gaps", **more) -> c.Frame:
    """A frame with the leader chosen."""
    base = c.Frame(
        lang, path, {"leader": "e-lead"} | ({"lang": "en"} if lang == "en" else {}),
        "sqlite:///var/graph.db", True, False, 42, "2024-06-30", "1",
        [c.Choice("robot", NAMES["robot"])], [c.Choice("e-lead", NAMES["e-lead"])],
        [c.Choice("370211", "黄岛区"), c.Choice("370200", "青岛市")], "robot", "e-lead", None,
        None, "/api/v1/gaps?leader=e-lead",
    )  # fmt: skip
    return replace(base, **more)


def pages(lang: str, names: Mapping[str, str] = NAMES) -> dict[str, c.HomePage]:
    """Every page once, by the name of its file."""

    def at(path: str, **more) -> c.Frame:
        return frame(lang, path, **more)

    nodes, rels = graph()
    rows = [c.LeaderRow("e-lead", GAPS), c.LeaderRow("e-2", None),
            c.LeaderRow(None, replace(GAPS, gaps=[], notes=["pseudo_leader"])),
            c.LeaderRow("e-3", replace(GAPS, gaps=[], to_verify=[]))]  # fmt: skip
    chains = [c.ChainRow("robot", NAMES["robot"], 12, rows, 3), c.ChainRow("x", "空链", 0, [])]
    blank = replace(at("/"), empty=True, sample=False, chain=None, leader=None, chains=[])
    return {
        "home": c.HomePage(at("/"), chains, names, 2),
        "empty": c.HomePage(blank, [], {}),
        "chain": c.ChainPage(at("/chains/robot"), MAP, names),
        "chain-empty": c.ChainPage(at("/chains/robot"), replace(MAP, cells=[]), names),
        "gaps": c.GapsPage(at("/chains/robot/gaps"), GAPS, names, EVIDENCE),
        "gaps-none": c.GapsPage(at("/chains/robot/gaps"), replace(GAPS, gaps=[], segments=[],
            to_verify=[], total_interval=None, notes=["no_products"]), names, {}),
        "candidates": c.CandidatesPage(at("/chains/robot/candidates"), RANK, names, EVIDENCE,
            [s for s in SEGMENTS if s.segment in GAPS.gaps], None, "s-servo", 0, "线缆", WHY),
        "candidates-none": c.CandidatesPage(at("/chains/robot/candidates"),
            replace(RANK, candidates=[]), names, {}, asked="恒力",
            why_matches=[c.Choice("e-2", NAMES["e-2"]), c.Choice("e-3", NAMES["e-3"])]),
        "graph": GraphPage(at("/chains/robot/graph", sheet="/chains/robot/graph.xlsx"),
            shown(nodes, rels, Ref("Enterprise", "e-2"), 12), names),
        "graph-none": GraphPage(at("/chains/robot/graph"), shown([], []), names),
        "entity": c.EntityPage(at("/entities/Enterprise/e-2"), DOSSIER, names),
        "method": c.MethodPage(at("/method")),
        "problem": c.ProblemPage(c.Frame(lang, "/chains/nope"), 404, "not_found", {"id": "nope"}),
        "notice": c.HomePage(at("/", notice=c.Notice("verified")), chains, names),
        **park_pages(at("/parks/fit", sheet="/parks/fit.xlsx"), names),
    }  # fmt: skip

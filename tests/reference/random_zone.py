"""Small random folders in which every type, flag, kind and branch of the definitions occurs."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests.reference.tables import Row, Tables, split_list
from tests.reference.world import Ask

__all__ = ["COLUMNS", "random_ask", "random_zone", "write_folder"]

PROVENANCE = ["source", "locator", "as_of", "grade", "confidence"]
COLUMNS: dict[str, list[str]] = {
    "regions": ["id", "name", "level", "parent"],
    "chains": ["id", "name"],
    "segments": ["id", "name", "chain", "stage"],
    "inputs": ["input", "output", "weight", "weight_kind"],
    "enterprises": ["id", "name", "region", "leads", "size", "status", "employees"],
    "produces": ["enterprise", "segment", "capacity", "availability", "importance"],
    "supplies": ["supplier", "buyer", "segment", "share", "value_wan"],
    "invests": ["investor", "enterprise", "share"],
    "needs": ["leader", "segment", "need"],
    "surveys": ["region", "as_of", "chain", "segment"],
    "projects": ["id", "name", "applicant", "region", "stage", "relocates"],
    "offers": ["project", "segment", "capacity", "availability"],
}
# Each family: (id, level, parent). A level or parent left empty is decided by the code.
FAMILIES: list[list[tuple[str, str, str]]] = [
    [("370211", "county", ""), ("370212", "", ""), ("370200", "city", ""), ("370102", "", "")],
    [
        ("370211", "", ""),
        ("zone-a", "zone", "370211"),
        ("370200", "", "370000"),
        ("370000", "", ""),
    ],
    [("310000", "province", ""), ("310115", "county", ""), ("310230", "", ""), ("320500", "", "")],
    [("500101", "", ""), ("500230", "county", ""), ("510100", "city", ""), ("500000", "", "")],
    [("429004", "county", ""), ("429005", "", ""), ("420100", "city", ""), ("420000", "", "")],
    [("P", "province", ""), ("C", "city", "P"), ("Z1", "zone", "C"), ("Z2", "zone", "P")],
    [("C", "city", ""), ("Z1", "zone", "C"), ("Z2", "", "C"), ("园区", "zone", "")],
]
AS_OF = [
    "",
    "",
    "",
    "2020",
    "2021-06",
    "2022-02-28",
    "2022-03-01",
    "2023-05-31",
    "2024-01",
    "2024-02-29",
]
ASKED_AS_OF = [None, None, None, "2022-02-28", "2024-02-29", "2024", "2025-06-30", "2023-05"]
GRADES = ["", "", "verified", "declared", "inferred"]
WEIGHTS = ["", "", "0.5", "0.25", "0.5", "1", "0.3", "0.05", "0.125", "0.62"]
CAPACITIES = ["", "", "0", "1", "3", "5", "7.5", "10", "12.25", "20", "40", "0.1", "95"]
NEEDS = ["1", "3", "10", "10", "12", "20", "33.3", "100"]
PLENTY = ["20", "40", "95", "120"]
AVAILABILITIES = ["", "", "", "0", "0.5", "0.8", "0.95", "1"]
SIZES = ["", "large", "medium", "small", "micro"]
STAGES = [
    "",
    "lead",
    "in_talks",
    "under_review",
    "signed",
    "building",
    "operating",
    "operating",
    "lost",
]
VALUES = ["", "", "1", "10", "30", "70", "100.5"]


@dataclass(frozen=True)
class _Names:
    """The ids of one folder."""

    regions: list[str]
    chains: list[str]
    segments: list[str]
    firms: list[str]
    projects: list[str]


def random_zone(seed: int) -> Tables:
    """One small folder; the same seed gives the same folder."""
    rng = Random(seed)
    regions = _regions(rng)
    names = _Names(
        regions=[row["id"] for row in regions],
        chains=["ch1", "ch2"][: rng.randint(1, 2)],
        segments=_segment_ids(rng),
        firms=[f"e{i}" for i in range(1, rng.choice([2, 3, 4, 5, 6, 7, 8, 9, 9]) + 1)],
        projects=[f"p{i}" for i in range(1, rng.randint(0, 4) + 1)],
    )
    tables: Tables = {
        "regions": regions,
        "chains": [{"id": c, "name": f"chain {c}"} for c in names.chains],
        "segments": _segments(rng, names),
        "inputs": _inputs(rng, names),
        "enterprises": _enterprises(rng, names),
        "produces": _produces(rng, names),
        "supplies": _supplies(rng, names),
        "invests": _invests(rng, names),
        "needs": _needs(rng, names),
        "surveys": _surveys(rng, names),
    }
    tables["projects"], tables["offers"] = _projects(rng, names)
    _duplicate(rng, tables)
    return {name: [_full(name, row) for row in rows] for name, rows in tables.items()}


def random_ask(seed: int, tables: Tables) -> Ask:
    """One question that the folder can answer."""
    rng = Random(f"ask {seed}")
    regions = [row["id"] for row in tables["regions"]]
    chain = rng.choice([row["id"] for row in tables["chains"]]) if rng.random() < 0.3 else None
    makers = [row["enterprise"] for row in tables["produces"] if row["enterprise"] == "e1"]
    firms = makers * 6 + sorted({row["id"] for row in tables["enterprises"]})
    leader = None if chain else rng.choice(firms)
    own = _leader_region(tables, leader, chain)
    region = rng.choice(regions) if not own or rng.random() < 0.4 else None
    return Ask(
        leader=leader,
        chain=chain,
        region=region,
        as_of=rng.choice(ASKED_AS_OF),
        world="closed" if rng.random() < 0.3 else "open",
        proximity="local" if rng.random() < 0.25 else "nested",
        direction=rng.choice(["up", "up", "down", "both"]),
    )


def write_folder(tables: Tables, path: Path) -> None:
    """Write NAME.csv of every table, UTF-8 with a header row."""
    path.mkdir(parents=True, exist_ok=True)
    for name, rows in tables.items():
        with (path / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS[name] + _provenance(name))
            writer.writeheader()
            writer.writerows(rows)


def _provenance(name: str) -> list[str]:
    """`surveys` has an `as_of` of its own."""
    return [column for column in PROVENANCE if column not in COLUMNS[name]]


def _full(name: str, row: Row) -> Row:
    return {column: row.get(column, "") for column in COLUMNS[name] + _provenance(name)}


def _leader_region(tables: Tables, leader: str | None, chain: str | None) -> str | None:
    """The region the question would default to, or nothing to be safe."""
    rows = tables["enterprises"]
    leaders = sorted({r["id"] for r in rows if chain and chain in split_list(r["leads"])})
    first = leader or (leaders[0] if leaders else None)
    return next((r["region"] for r in rows if r["id"] == first and r["region"]), None)


def _claim(rng: Random) -> Row:
    """Provenance of one row; often none at all."""
    if rng.random() < 0.3:
        return {}
    source = rng.choice(["", "年报.pdf", "survey.xlsx", "web"])
    locator = rng.choice(["", "row 3", "p. 7"]) if source else ""
    return {
        "source": source,
        "locator": locator,
        "as_of": rng.choice(AS_OF),
        "grade": rng.choice(GRADES),
    }


def _regions(rng: Random) -> list[Row]:
    family = rng.choice(FAMILIES)
    chosen = sorted(rng.sample(range(4), rng.randint(2, 4)))
    rows = [family[i] for i in chosen]
    ids = {row[0] for row in rows}
    # A parent is named only when its row is there: no reference dangles.
    return [
        {"id": i, "name": f"region {i}", "level": level, "parent": parent if parent in ids else ""}
        for i, level, parent in rows
    ]


def _segment_ids(rng: Random) -> list[str]:
    """Ids whose code-point order differs from the natural one."""
    pool = ["s1", "s10", "s2", "S3", "轴承", "b", "a-1", "a_1", "钢", "Z9"]
    return rng.sample(pool, rng.randint(3, 10))


def _segments(rng: Random, names: _Names) -> list[Row]:
    rows = []
    for segment in names.segments:
        chains = rng.sample(names.chains, rng.randint(0, len(names.chains))) or [""]
        stage = rng.choice(["", "upstream", "midstream", "downstream"])
        name = f"segment {segment}"
        rows += [{"id": segment, "name": name, "chain": c, "stage": stage} for c in chains]
    return rows


def _inputs(rng: Random, names: _Names) -> list[Row]:
    """Random edges with cycles and loops, and a line through all segments in one of two folders."""
    segments = names.segments
    count = rng.randint(len(segments) // 2, 2 * len(segments))
    edges = {(rng.choice(segments), rng.choice(segments)) for _ in range(count)}
    if rng.random() < 0.75:
        edges |= set(zip(segments[1:], segments, strict=False))
    flat = rng.random() < 0.3
    weights = {
        e: "0.5" if flat and rng.random() < 0.8 else rng.choice(WEIGHTS) for e in sorted(edges)
    }
    if rng.random() < 0.05:
        weights = dict.fromkeys(weights, "")
    return [
        {"input": u, "output": v, "weight": w, "weight_kind": "technical", **_claim(rng)}
        for (u, v), w in weights.items()
    ]


def _enterprises(rng: Random, names: _Names) -> list[Row]:
    """In some folders all firms share one or two regions."""
    crowd = rng.choice([1, 2, 4, 4])
    return [
        {
            "id": firm,
            "name": f"firm {firm}",
            "region": "" if rng.random() < 0.15 else rng.choice(names.regions[:crowd]),
            "leads": ";".join(c for c in names.chains if rng.random() < 0.2),
            "size": rng.choice(SIZES),
            "status": rng.choice(["", "active", "active", "active", "active", "closed", "moved"]),
            **_claim(rng),
        }
        for firm in names.firms
    ]


def _produces(rng: Random, names: _Names) -> list[Row]:
    """The first firm makes the first segments, where the line of inputs ends; others make more."""
    dense = rng.random() < 0.6
    wanted = [(names.firms[0], s) for s in names.segments[: rng.randint(1, 2)]]
    few = names.segments[-rng.randint(2, 4) :]
    for firm in names.firms[1:]:
        pool = few if dense and rng.random() < 0.7 else names.segments
        most = min(len(pool), 4 if dense else 2)
        wanted += [(firm, s) for s in rng.sample(pool, rng.randint(int(dense), most))]
    capacity = rng.choice([CAPACITIES, CAPACITIES, CAPACITIES[2:], PLENTY])
    return [
        {
            "enterprise": firm,
            "segment": segment,
            "capacity": rng.choice(capacity),
            "availability": rng.choice(AVAILABILITIES),
            "importance": rng.choice(["", "", "1", "0.5", "0.3"]),
            **_claim(rng),
        }
        for firm, segment in wanted
    ]


def _supplies(rng: Random, names: _Names) -> list[Row]:
    """Mostly to the first firm, some without a segment."""
    found: dict[tuple[str, str, str], Row] = {}
    for _ in range(rng.randint(0, 12)):
        buyer = names.firms[0] if rng.random() < 0.7 else rng.choice(names.firms)
        supplier = rng.choice([f for f in names.firms if f != buyer])
        segment = "" if rng.random() < 0.15 else rng.choice(names.segments)
        row = {"supplier": supplier, "buyer": buyer, "segment": segment}
        found[supplier, buyer, segment] = {**row, "value_wan": rng.choice(VALUES), **_claim(rng)}
    return list(found.values())


def _invests(rng: Random, names: _Names) -> list[Row]:
    pairs = {tuple(rng.sample(names.firms, 2)) for _ in range(rng.randint(0, 3))}
    return [{"investor": a, "enterprise": b, "share": "0.3"} for a, b in sorted(pairs)]


def _needs(rng: Random, names: _Names) -> list[Row]:
    """In a third of the folders the first firm's needs are all known, so that little is assumed."""
    first = rng.choice([0.5, 0.7, 1.0])
    return [
        {"leader": firm, "segment": segment, "need": rng.choice(NEEDS), **_claim(rng)}
        for firm in names.firms
        for segment in names.segments
        if rng.random() < (first if firm == names.firms[0] else 0.3)
    ]


def _surveys(rng: Random, names: _Names) -> list[Row]:
    rows: dict[tuple[str, ...], Row] = {}
    for _ in range(rng.randint(0, 4)):
        kind = rng.choice(["all", "chain", "segment", "segment"])
        row = {
            "region": rng.choice(names.regions),
            "as_of": rng.choice([d for d in AS_OF if d]),
            "chain": rng.choice(names.chains) if kind == "chain" else "",
            "segment": rng.choice(names.segments) if kind == "segment" else "",
        }
        rows[tuple(row.values())] = row
    return list(rows.values())


def _projects(rng: Random, names: _Names) -> tuple[list[Row], list[Row]]:
    """Applicants known, unknown to the folder, or absent; one operating plant a (firm, segment)."""
    projects: list[Row] = []
    offers: list[Row] = []
    taken: set[tuple[str, str]] = set()
    for project in names.projects:
        applicant = rng.choice([*names.firms, *names.firms, "", "某公司"])
        stage = rng.choice(STAGES)
        row = {
            "id": project,
            "name": f"project {project}",
            "applicant": applicant,
            "region": rng.choice([*names.regions, ""]),
            "stage": stage,
            "relocates": rng.choice(["", "", "true", "true", "false"]),
        }
        projects.append({**row, **_claim(rng)})
        for segment in rng.sample(names.segments, rng.randint(0, min(3, len(names.segments)))):
            if stage == "operating" and (applicant, segment) in taken:
                continue
            taken.add((applicant, segment))
            offers.append(_offer(rng, project, segment))
    return projects, offers


def _offer(rng: Random, project: str, segment: str) -> Row:
    return {
        "project": project,
        "segment": segment,
        "capacity": rng.choice(CAPACITIES),
        "availability": rng.choice(AVAILABILITIES),
        **_claim(rng),
    }


def _duplicate(rng: Random, tables: Tables) -> None:
    """Second rows of some keys, with other claims that must be merged and never summed."""
    changes: dict[str, dict[str, list[str]]] = {
        "produces": {"capacity": CAPACITIES, "availability": AVAILABILITIES, "importance": [""]},
        "offers": {"capacity": CAPACITIES, "availability": AVAILABILITIES},
        "needs": {"need": ["", *NEEDS]},
        "inputs": {"weight": WEIGHTS},
        "supplies": {"value_wan": VALUES},
        "enterprises": {"size": SIZES, "leads": [""], "region": ["same"]},
    }
    for name, fields in changes.items():
        for row in list(tables[name]):
            if rng.random() < 0.12:
                other = {f: rng.choice(cells) for f, cells in fields.items()}
                if other.get("region") == "same":
                    other["region"] = row["region"]
                claim = {**dict.fromkeys(PROVENANCE, ""), **_claim(rng)}
                tables[name].append({**row, **other, **claim})
    for name in changes:
        rng.shuffle(tables[name])

"""Random zones and questions for the oracle: small, dirty and full of corner cases."""

from __future__ import annotations

import random

from tests.slow.oracle import Ask, Row, Tables

REGIONS = [
    *["370211"] * 6,
    "370212",
    "370212",
    "370200",
    "370100",
    "370000",
    "310115",
    "310000",
    "110101",
    "429004",
    "zone-a",
    "zone-a",
    "free-b",
    "",
]
LEVELS = {
    "370211": "county",
    "370212": "county",
    "370200": "city",
    "370100": "city",
    "370000": "province",
    "310115": "county",
    "310000": "province",
    "110101": "county",
    "429004": "county",
    "zone-a": "zone",
    "free-b": "zone",
}
DATES = [
    "",
    "",
    "2023",
    "2023-05-31",
    "2023-11",
    "2024-02-28",
    "2024-02-29",
    "2024-06-30",
    "2025-01",
    "2025-09-15",
    "2026-02-28",
    "2026-06-30",
]
GRADES = ["", "", "verified", "declared", "inferred"]
SIZES = ["", "large", "medium", "small", "micro"]
STAGES = ["", "lead", "in_talks", "under_review", "signed", "building", "operating", "lost"]
CAPACITIES = ["", "", "", "0", "1", "2.5", "7", "10", "33.3", "100", "250"]
AVAILABILITIES = ["", "", "0", "0.5", "0.8", "0.95", "1"]
WEIGHTS = ["", "", "0.05", "0.1", "0.25", "0.25", "0.3", "0.6", "1"]


def dated(rng: random.Random, row: Row) -> Row:
    """Some evidence columns beside the facts."""
    return row | {"as_of": rng.choice(DATES), "grade": rng.choice(GRADES)}


def region_rows(rng: random.Random) -> list[Row]:
    """All regions used; parents and levels of coded ones sometimes left to the code."""
    rows = []
    for region, level in LEVELS.items():
        known = level if region in ("zone-a", "free-b") or rng.random() < 0.7 else ""
        parent = "370211" if region == "zone-a" else ""
        if region == "370212" and rng.random() < 0.3:
            parent = rng.choice(["370200", "370100"])
        rows.append({"id": region, "name": f"R {region}", "level": known, "parent": parent})
    return rows


def segment_rows(rng: random.Random, segments: list[str], chains: list[str]) -> list[Row]:
    """Segments of no, one or two chains."""
    rows = []
    for segment in segments:
        for chain in rng.sample(chains, rng.choice([1, 1, 1, 2])) if rng.random() < 0.9 else [""]:
            stage = rng.choice(["upstream", "midstream", "downstream"])
            rows.append({"id": segment, "name": f"N {segment}", "chain": chain, "stage": stage})
    return rows


def input_rows(rng: random.Random, segments: list[str]) -> list[Row]:
    """A backbone towards the first segments, random edges, cycles and self-loops."""
    pairs = [(s, segments[rng.randrange(max(1, i))]) for i, s in enumerate(segments)]
    pairs += [(rng.choice(segments), rng.choice(segments)) for _ in range(rng.randint(0, 12))]
    return [dated(rng, {"input": a, "output": b, "weight": rng.choice(WEIGHTS)}) for a, b in pairs]


def enterprise_rows(rng: random.Random, firms: list[str], chains: list[str]) -> list[Row]:
    """The first firms lead chains."""
    leading = rng.randint(1, 3)
    rows = []
    for index, firm in enumerate(firms):
        leads = ";".join(sorted(rng.sample(chains, rng.randint(1, 2)))) if index < leading else ""
        rows.append(
            {
                "id": firm,
                "name": f"F {firm}",
                "region": rng.choice(REGIONS),
                "leads": leads,
                "size": rng.choice(SIZES),
                "status": rng.choice(["", "active"] * 4 + ["closed", "moved"]),
            }
        )
    return rows


def produces_rows(rng: random.Random, firms: list[str], segments: list[str]) -> list[Row]:
    """Leaders mostly make the first segments."""
    pairs = {(firms[0], segments[0])}
    for firm in firms:
        most = rng.randint(0, 2) if firm == firms[0] else rng.randint(1, 5)
        pairs |= {(firm, rng.choice(segments)) for _ in range(most)}
    return [
        dated(
            rng,
            {
                "enterprise": firm,
                "segment": segment,
                "capacity": rng.choice(CAPACITIES),
                "availability": rng.choice(AVAILABILITIES),
                "importance": rng.choice(["", "", "0.3", "0.7", "1"]),
            },
        )
        for firm, segment in sorted(pairs)
    ]


def supply_rows(rng: random.Random, firms: list[str], segments: list[str]) -> list[Row]:
    """Who sells what to whom, some to the leader."""
    rows = []
    for _ in range(rng.randint(0, 8)):
        supplier = rng.choice(firms)
        buyer = firms[0] if rng.random() < 0.6 else rng.choice(firms)
        if supplier != buyer:
            rows.append(
                dated(
                    rng,
                    {
                        "supplier": supplier,
                        "buyer": buyer,
                        "segment": rng.choice(["", *segments]),
                        "value_wan": rng.choice(["", "0", "30", "70", "100.5"]),
                    },
                )
            )
    return rows


def project_rows(rng: random.Random, firms: list[str]) -> list[Row]:
    """Nought to four projects of every stage."""
    rows = []
    for index in range(rng.randint(0, 4)):
        applicant = rng.choice(firms) if rng.random() < 0.7 else rng.choice(["", "somebody"])
        rows.append(
            {
                "id": f"p{index}",
                "name": f"P {index}",
                "applicant": applicant,
                "region": rng.choice(REGIONS),
                "stage": rng.choice([*STAGES, "operating"]),
                "relocates": rng.choice(["", "", "true", "false"]),
            }
        )
    return rows


def offer_rows(rng: random.Random, projects: list[Row], segments: list[str]) -> list[Row]:
    """Nought to three offers a project."""
    rows = []
    for project in projects:
        for segment in rng.sample(segments, rng.randint(0, 3)):
            rows.append(
                dated(
                    rng,
                    {
                        "project": project["id"],
                        "segment": segment,
                        "capacity": rng.choice(CAPACITIES),
                        "availability": rng.choice(AVAILABILITIES),
                    },
                )
            )
    return rows


def survey_rows(rng: random.Random, segments: list[str], chains: list[str]) -> list[Row]:
    """Surveys of a segment, a chain or everything."""
    rows = []
    for _ in range(rng.randint(0, 5)):
        region = rng.choice(["370211", "370000", *REGIONS[:-1]])
        row = {"region": region, "chain": "", "segment": ""}
        row["as_of"] = rng.choice([*filter(None, DATES), "2025-01-15", "2024-09"])
        row |= rng.choice([{"segment": rng.choice(segments)}, {"chain": rng.choice(chains)}, {}])
        rows.append(row)
    return rows


def doubled(rng: random.Random, rows: list[Row], other: dict[str, list[str]]) -> list[Row]:
    """Now and then a second row with the same key and other claims."""
    extra = []
    for row in rows:
        if rng.random() < 0.15:
            claims = {column: rng.choice(values) for column, values in other.items()}
            extra.append(dated(rng, row | claims))
    found = rows + extra
    rng.shuffle(found)
    return found


def plenty(rng: random.Random, zone: Tables) -> None:
    """Well supplied at home: crowded, covered and single-sourced segments."""
    for row in zone["enterprises"]:
        row["region"] = rng.choice(["370211", "370211", "zone-a", row["region"]])
    for row in zone["produces"]:
        row["capacity"] = rng.choice(["10", "33.3", "100", row["capacity"]])
        row["grade"] = rng.choice(["verified", "declared", row["grade"]])


def random_zone(seed: int) -> Tables:
    """A small random folder."""
    rng = random.Random(seed)
    segments = [f"s{i}" for i in range(rng.randint(3, 8))]
    chains = ["c0", "c1", "c2"]
    firms = [f"e{i}" for i in range(rng.choice([2, 3, 4, 5, 6, 7, 7, 8, 8, 8]))]
    projects = project_rows(rng, firms)
    made = {"capacity": CAPACITIES, "availability": AVAILABILITIES}
    needs = [
        dated(rng, {"leader": firm, "segment": s, "need": rng.choice(["1", "4", "10", "60.5"])})
        for firm in firms[:3]
        for s in segments
        if rng.random() < 0.6
    ]
    invests = [
        {"investor": a, "enterprise": b, "share": rng.choice(["", "0.2", "0.51"])}
        for a in firms
        for b in firms
        if a != b and rng.random() < 0.1
    ]
    zone = {
        "regions": region_rows(rng),
        "chains": [{"id": chain, "name": f"C {chain}"} for chain in chains],
        "segments": segment_rows(rng, segments, chains),
        "inputs": doubled(rng, input_rows(rng, segments), {"weight": WEIGHTS}),
        "enterprises": doubled(
            rng, enterprise_rows(rng, firms, chains), {"region": REGIONS, "size": SIZES}
        ),
        "produces": doubled(rng, produces_rows(rng, firms, segments), made),
        "supplies": doubled(rng, supply_rows(rng, firms, segments), {"value_wan": ["", "5", "80"]}),
        "invests": invests,
        "needs": doubled(rng, needs, {"need": ["", "2", "20"]}),
        "surveys": survey_rows(rng, segments, chains),
        "projects": doubled(rng, projects, {"stage": STAGES}),
        "offers": doubled(rng, offer_rows(rng, projects, segments), made),
    }
    if rng.random() < 0.3:
        plenty(rng, zone)
    return zone


def leaders(t: Tables) -> list[str]:
    """Enterprises that lead a chain, by id."""
    return sorted({row["id"] for row in t["enterprises"] if row.get("leads")})


def random_ask(seed: int, t: Tables) -> Ask:
    """Mostly a leader, sometimes a chain; the region is given wherever it may be unknown."""
    rng = random.Random(f"ask {seed}")
    chain = rng.choice(t["chains"])["id"] if rng.random() < 0.25 else None
    leader = None if chain else rng.choice(leaders(t)[:1] * 2 + leaders(t))
    led = [row["id"] for row in t["enterprises"] if chain in row.get("leads", "").split(";")]
    first = leader or min(led, default="")
    homes = {row.get("region", "") for row in t["enterprises"] if row["id"] == first}
    given = rng.choice(["370211", "370211", "370200", "370000", "310115", "zone-a", "429004"])
    lost = not homes - {""} or rng.random() < 0.4
    return Ask(
        leader=leader,
        chain=chain,
        region=given if lost else None,
        as_of=rng.choice([None, None, "2025", "2026-02-28", "2026-06-30", "2024-01-15"]),
        world=rng.choice(["open", "open", "closed"]),
        proximity=rng.choice(["nested", "nested", "nested", "local"]),
        direction=rng.choice(["up", "up", "down", "both"]),
    )

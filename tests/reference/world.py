"""The folder as facts: who makes what where, who offers, supplies, invests, needs and checked."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from tests.reference.regions import Regions
from tests.reference.tables import (
    Record,
    Tables,
    months_before,
    newest_as_of,
    parse_date,
    records,
    split_list,
)

__all__ = ["Ask", "Make", "Project", "World", "build_world", "weight_ends"]

HORIZON_MONTHS = 24
NOT_ACTIVE = frozenset({"closed", "moved"})


@dataclass(frozen=True)
class Ask:
    """The question of every analysis."""

    leader: str | None = None
    chain: str | None = None
    region: str | None = None
    as_of: str | None = None
    world: str = "open"
    proximity: str = "nested"
    direction: str = "up"
    scheme: str = "balanced"


@dataclass(frozen=True)
class Make:
    """Somebody makes (or would make) a segment somewhere."""

    maker: str
    segment: str
    region: str | None
    capacity: Fraction | None
    availability: float | None
    importance: float | None
    factor: float
    size: str | None
    evidence: tuple[str, ...]
    dates: tuple[date, ...]


@dataclass(frozen=True)
class Project:
    """A project and what it offers, by segment."""

    id: str
    name: str
    applicant: str | None
    region: str | None
    stage: str | None
    relocates: bool
    offers: dict[str, Make]


@dataclass(frozen=True)
class World:
    """Everything the definitions ask of the tables, merged and resolved."""

    regions: Regions
    segment_names: dict[str, str]
    segment_chains: dict[str, list[str]]
    weights: dict[tuple[str, str], float | None]
    enterprises: dict[str, Record]
    makes: list[Make]
    projects: dict[str, Project]
    supplies: list[Record]
    needs: dict[tuple[str, str], Fraction | None]
    surveys: list[Record]
    ties: list[tuple[tuple[str, str], tuple[str, str]]]
    newest: date | None

    def active(self, enterprise: str) -> bool:
        """Closed or moved enterprises make nothing; an unknown status is active."""
        return self.enterprises[enterprise].text("status") not in NOT_ACTIVE

    def region_of(self, enterprise: str) -> str | None:
        """The enterprise's own region."""
        return self.enterprises[enterprise].text("region")

    def makers(self, segment: str) -> list[Make]:
        """What active enterprises make of a segment, anywhere."""
        return [m for m in self.makes if m.segment == segment and self.active(m.maker)]

    def local_makers(self, segment: str, r: str) -> list[Make]:
        """The makers whose plant stands in r."""
        return [m for m in self.makers(segment) if self.regions.inside(m.region, r)]

    def as_of(self, ask: Ask) -> date | None:
        """The asked day, else the newest in the graph, never today."""
        return parse_date(ask.as_of or "") or self.newest

    def horizon(self, ask: Ask) -> date | None:
        """24 months before `as_of`: what is not later than this is old."""
        day = self.as_of(ask)
        return None if day is None else months_before(day, HORIZON_MONTHS)

    def leaders_of(self, chain: str) -> list[str]:
        """The enterprises that lead a chain, in id order, whatever their status."""
        return sorted(
            e
            for e, record in self.enterprises.items()
            if any(chain in split_list(cell) for cell in record.values.get("leads", ()))
        )


def build_world(tables: Tables) -> World:
    """Merge the tables into facts."""
    enterprises = {key[0]: r for key, r in records(tables, "enterprises").items()}
    projects = _projects(tables, enterprises)
    segments = records(tables, "segments")
    inputs = records(tables, "inputs")
    needs = records(tables, "needs")
    return World(
        regions=Regions(records(tables, "regions")),
        segment_names={key[0]: r.text("name") or "" for key, r in segments.items()},
        segment_chains={k[0]: sorted(r.values.get("chain", ())) for k, r in segments.items()},
        weights={(key[0], key[1]): r.number("weight") for key, r in inputs.items()},
        enterprises=enterprises,
        makes=_makes(tables, enterprises, projects),
        projects=projects,
        supplies=list(records(tables, "supplies").values()),
        needs={(key[0], key[1]): r.exact("need") for key, r in needs.items()},
        surveys=list(records(tables, "surveys").values()),
        ties=_ties(tables, projects, enterprises),
        newest=newest_as_of(tables),
    )


def weight_ends(world: World) -> dict[tuple[str, str], tuple[float, float, float]]:
    """Of every input the weight at (low, base, high); a known weight is the same three times."""
    known = [w for w in world.weights.values() if w is not None]
    ends = {}
    for (source, output), weight in world.weights.items():
        if weight is not None:
            ends[source, output] = (weight, weight, weight)
            continue
        same = [w for (_, o), w in world.weights.items() if o == output and w is not None]
        base = statistics.median(same or known or [0.5])
        ends[source, output] = (base * 0.5, base, min(1.0, base * 2.0))
    return ends


def _projects(tables: Tables, enterprises: dict[str, Record]) -> dict[str, Project]:
    offers = records(tables, "offers")
    found = {}
    for key, record in records(tables, "projects").items():
        applicant = record.text("applicant")
        firm = enterprises.get(applicant or "")
        size = firm.text("size") if firm is not None else None
        region = record.text("region")
        own = {
            k[1]: _make(k[0], k[1], region, size, o) for k, o in offers.items() if k[0] == key[0]
        }
        found[key[0]] = Project(
            id=key[0],
            name=record.text("name") or "",
            applicant=applicant,
            region=region,
            stage=record.text("stage"),
            relocates=record.text("relocates") == "true",
            offers=own,
        )
    return found


def _make(maker: str, segment: str, region: str | None, size: str | None, row: Record) -> Make:
    return Make(
        maker=maker,
        segment=segment,
        region=region,
        capacity=row.exact("capacity"),
        availability=row.number("availability"),
        importance=row.number("importance"),
        factor=row.factor,
        size=size,
        evidence=row.evidence,
        dates=row.dates,
    )


def _makes(
    tables: Tables, enterprises: dict[str, Record], projects: dict[str, Project]
) -> list[Make]:
    """`produces`, and the offers of operating projects that `produces` does not have."""
    makes = []
    for (firm, segment), row in ((k[:2], r) for k, r in records(tables, "produces").items()):
        region, size = enterprises[firm].text("region"), enterprises[firm].text("size")
        makes.append(_make(firm, segment, region, size, row))
    listed = {(m.maker, m.segment) for m in makes}
    for project in projects.values():
        applicant = project.applicant
        if project.stage != "operating" or applicant is None or applicant not in enterprises:
            continue
        for segment, offer in project.offers.items():
            if (applicant, segment) not in listed:
                makes.append(_renamed(offer, applicant))
    return makes


def _renamed(offer: Make, maker: str) -> Make:
    """The offer of an operating project as its applicant's plant in the project's region."""
    return Make(
        maker,
        offer.segment,
        offer.region,
        offer.capacity,
        offer.availability,
        None,
        offer.factor,
        offer.size,
        offer.evidence,
        offer.dates,
    )


def _ties(
    tables: Tables, projects: dict[str, Project], enterprises: dict[str, Record]
) -> list[tuple[tuple[str, str], tuple[str, str]]]:
    """The relations of the graph of ties, closed firms and all projects included."""
    firm, seg, proj = "Enterprise", "Segment", "Project"
    edges = [((firm, k[0]), (firm, k[1])) for k in records(tables, "supplies")]
    edges += [((firm, k[0]), (firm, k[1])) for k in records(tables, "invests")]
    edges += [((firm, k[0]), (seg, k[1])) for k in records(tables, "produces")]
    edges += [((proj, k[0]), (seg, k[1])) for k in records(tables, "offers")]
    for project in projects.values():
        if project.applicant in enterprises:
            edges.append(((proj, project.id), (firm, str(project.applicant))))
    return edges

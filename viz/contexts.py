"""What each page is given: one frozen dataclass a page, filled by the routers, for `pages.render`.

`names` maps ids to display names.  A page holds the answers as they are: it computes nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import ClassVar
from urllib.parse import quote, urlencode

from graph.analysis import answers as a
from graph.question import SCHEMES, Assumptions, Scheme
from graph.tables import Column
from viz.heat import HeatMap
from viz.sentences import local_makers

__all__ = [
    "QUESTION_KEYS",
    "CandidatesPage",
    "ChainPage",
    "ChainRow",
    "Choice",
    "EntityPage",
    "EvidenceFact",
    "Frame",
    "GapsPage",
    "HomePage",
    "LeaderRow",
    "MethodPage",
    "Notice",
    "ProblemPage",
    "Todo",
]

# The parameters that say what is asked; they follow the reader from page to page.
QUESTION_KEYS = ("leader", "region", "as_of", "world", "proximity", "direction", "scheme", "lang")
_part = partial(quote, safe="")


@dataclass(frozen=True)
class Choice:
    """One thing to choose: its id and name."""

    id: str
    name: str


@dataclass(frozen=True)
class Notice:
    """Something to say on top of a page: a code of `errors.toml` or of group `notice`."""

    code: str
    facts: Mapping[str, object] = field(default_factory=dict)
    bad: bool = False


@dataclass(frozen=True)
class EvidenceFact:
    """Where a value comes from."""

    source: str | None
    locator: str | None = None
    as_of: str | None = None
    grade: str | None = None


@dataclass(frozen=True)
class Who:
    """Who reads the page, in which roles; `demo` = the person of single-user mode."""

    name: str
    roles: Sequence[str]
    demo: bool


@dataclass(frozen=True)
class Frame:
    """What surrounds every page: the request, what is chosen, and what the data are."""

    lang: str  # zh | en
    path: str  # of this page, as requested
    query: Mapping[str, str] = field(default_factory=dict)  # of this page, as requested
    store: str = ""  # what the store calls itself
    sample: bool = False
    empty: bool = False
    revision: int | None = None
    data_date: str | None = None
    algorithm: str | None = None
    chains: Sequence[Choice] = ()
    leaders: Sequence[Choice] = ()  # of the chosen chain, or all
    regions: Sequence[Choice] = ()
    chain: str | None = None
    leader: str | None = None
    region: str | None = None
    notice: Notice | None = None
    twin: str | None = None  # the same answer as JSON
    sheet: str | None = None  # the same tables as a workbook
    blank: str | None = "/blank"  # where the button 打开空白园区 posts to
    age: Notice | None = None  # that the data are old
    who: Who | None = None
    rights: Collection[str] | None = None  # routes the reader may ask; None = all

    def may(self, route: str) -> bool:
        """Whether the reader may ask a route, named `METHOD /template`."""
        return self.rights is None or route in self.rights

    @property
    def address(self) -> str:
        """The path, percent-encoded whether or not it came so."""
        return quote(self.path, safe="/%")

    def here(self, **changes: object) -> str:
        """This page with some parameters changed (None drops one)."""
        return _url(self.address, {**self.query, **changes})

    def to(self, path: str, **changes: object) -> str:
        """Another page about the same question; the chain is in the path or goes along."""
        kept: dict[str, object] = {k: v for k, v in self.query.items() if k in QUESTION_KEYS}
        if not path.startswith("/chains/"):
            kept["chain"] = self.chain
        return _url(path, {**kept, **changes})

    def chain_url(self, page: str = "", chain: str | None = None, **changes: object) -> str:
        """A page of a chain, the chosen one unless named: `""`, gaps, candidates, graph."""
        path = f"/chains/{_part(chain or self.chain or '')}" + (f"/{page}" if page else "")
        return self.to(path, **changes)

    def entity_url(self, label: str, id: str) -> str:
        """The dossier of a node."""
        return self.to(f"/entities/{label}/{_part(id)}")

    def name_of(self, id: str | None) -> str | None:
        """The name of a chosen leader, chain or region."""
        return {c.id: c.name for c in (*self.leaders, *self.chains, *self.regions)}.get(
            id or "", id
        )


@dataclass(frozen=True)
class LeaderRow:
    """A leader with its gaps; `leader` None = the chain itself, `answer` None = not computed."""

    leader: str | None
    answer: a.GapsAnswer | None


@dataclass(frozen=True)
class ChainRow:
    """A chain on the first page."""

    id: str
    name: str
    segments: int
    rows: Sequence[LeaderRow]
    hidden: int = 0  # leaders not listed


@dataclass(frozen=True)
class Todo:
    """Something that waits: a code of group `todo`, how many, and the page where it is done."""

    code: str
    n: int
    url: str
    urgent: bool = False


@dataclass(frozen=True)
class HomePage:
    """今天要处理什么?"""

    template: ClassVar[str] = "home.html"
    frame: Frame
    chains: Sequence[ChainRow]
    names: Mapping[str, str]
    hidden: int = 0  # chains not listed
    todos: Sequence[Todo] = ()
    stages: Sequence[tuple[str, int]] = ()  # projects by stage, the pipeline


@dataclass(frozen=True)
class ChainPage:
    """这条链长什么样、断在哪?"""

    template: ClassVar[str] = "chain.html"
    frame: Frame
    map: a.ChainMap
    names: Mapping[str, str]


@dataclass(frozen=True)
class GapsPage:
    """先补哪里?"""

    template: ClassVar[str] = "gaps.html"
    frame: Frame
    answer: a.GapsAnswer
    names: Mapping[str, str]
    evidence: Mapping[str, EvidenceFact]
    offset: int = 0  # ?from=, of the gap table
    verify_offset: int = 0  # ?verify_from=
    heat: HeatMap | None = None  # segments × regions

    @property
    def by_id(self) -> Mapping[str, a.SegmentAnswer]:
        """Required segments by id."""
        return {s.segment: s for s in self.answer.segments}

    @property
    def others(self) -> Sequence[a.SegmentAnswer]:
        """Required segments that are neither gaps nor unknown."""
        listed = {*self.answer.gaps, *(v.segment for v in self.answer.to_verify)}
        return [s for s in self.answer.segments if s.segment not in listed]


@dataclass(frozen=True)
class CandidatesPage:
    """哪些企业能补?"""

    template: ClassVar[str] = "candidates.html"
    frame: Frame
    answer: a.RankAnswer
    names: Mapping[str, str]
    evidence: Mapping[str, EvidenceFact]
    gaps: Sequence[a.SegmentAnswer] = ()  # the segments to filter by, and their local makers
    kind: str | None = None
    segment: str | None = None
    offset: int = 0  # ?from=
    asked: str | None = None  # ?why=, as typed
    why_not: a.WhyNot | None = None
    why_matches: Sequence[Choice] = ()  # when several have that name
    hide: Collection[str] = ()  # giants, courted
    hidden: int = 0  # how many that leaves out
    picked: Collection[tuple[str, str]] = ()  # (kind, id) of those on the shortlist
    scheme: Scheme = SCHEMES["balanced"]
    schemes: Sequence[Scheme] = ()  # saved ones
    saved_by: Mapping[str, str] = field(default_factory=dict)  # who saved them, by name
    before: Mapping[tuple[str, str], int] = field(default_factory=dict)  # places when balanced

    @property
    def local(self) -> Mapping[str, int]:
        """Known makers inside the region by segment; an unknown segment is absent."""
        return local_makers(self.gaps)


@dataclass(frozen=True)
class EntityPage:
    """这家企业/项目是谁?"""

    template: ClassVar[str] = "entity.html"
    frame: Frame
    dossier: a.Dossier
    names: Mapping[str, str]
    fields: Sequence[Column] = ()  # what can be corrected
    relation: tuple[str, str, str, str] | None = None  # ?fix=: type, source, target, key instead
    seen: str = ""  # what a correction brings back, so that none is made of what was not seen


@dataclass(frozen=True)
class MethodPage:
    """口径与算法."""

    template: ClassVar[str] = "method.html"
    frame: Frame
    assumptions: Assumptions = field(default_factory=Assumptions)
    scheme: Scheme = SCHEMES["balanced"]


@dataclass(frozen=True)
class ProblemPage:
    """Something went wrong; `code` is worded by `errors.toml`."""

    template: ClassVar[str] = "problem.html"
    frame: Frame
    status: int
    code: str
    facts: Mapping[str, object] = field(default_factory=dict)


def _url(path: str, query: Mapping[str, object]) -> str:
    kept = {k: str(v) for k, v in query.items() if v is not None and v != ""}
    return f"{path}?{urlencode(kept)}" if kept else path

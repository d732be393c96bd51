"""主导产业集聚度 = industrial revenue in the leading chain / that of all tenants.

Taken over the tenants whose revenue is known, as on the park's page.  What lands is counted whole:
while its revenue or its chain is unknown there is no share, but an interval in which that revenue
is anything from nothing to everything, and that chain the leading one or another.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import fsum

from graph.analysis.coverage import ratio
from graph.review.effect import Focus

__all__ = ["Counted", "focus"]


@dataclass(frozen=True)
class Counted:
    """Somebody inside: revenue in 万元, and whether it is of the leading chain; None = unknown."""

    id: str
    revenue_wan: float | None
    leads: bool | None
    lands: bool = False


def focus(counted: Iterable[Counted]) -> Focus:
    """The share of those inside; none where of nobody it is known whether they lead.

    >>> focus([Counted("a", 300.0, True), Counted("b", 100.0, False), Counted("c", None, True)])
    Focus(share=0.75, interval=(0.75, 0.75), known=2, tenants=3, missing=['c'])
    >>> focus([Counted("a", 300.0, True), Counted("p", 100.0, None, lands=True)]).interval
    (0.75, 1.0)
    >>> focus([Counted("a", 300.0, None), Counted("p", 100.0, None, lands=True)]).interval is None
    True
    """
    every = list(counted)
    leading = any(c.leads is not None for c in every)
    missing = [c for c in every if c.revenue_wan is None or c.leads is None]
    open_ = [c for c in missing if c.lands]
    known = [c for c in every if c not in missing]
    ends = _ends(known, open_) if leading else None
    share = None if ends is None or open_ else ends[0]
    return Focus(share, ends, len(known), len(every), sorted(c.id for c in missing))


def _ends(known: Sequence[Counted], open_: Sequence[Counted]) -> tuple[float, float] | None:
    part, whole = _sum(c for c in known if c.leads), _sum([*known, *open_])
    if not whole:
        return None
    most = fsum((part, _sum(c for c in open_ if c.leads is None)))
    endless = [c.leads for c in open_ if c.revenue_wan is None]
    low = 0.0 if any(leads is not True for leads in endless) else ratio(part, whole)
    high = 1.0 if any(leads is not False for leads in endless) else ratio(most, whole)
    return low, high


def _sum(counted: Iterable[Counted]) -> float:
    return fsum(c.revenue_wan or 0.0 for c in counted)

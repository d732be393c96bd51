"""The batch of a meeting as a matrix: projects by parks, the optimum beside the panel's choice."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from graph.review.batch import Batch, Portfolio, Use

__all__ = ["BatchPair", "BatchRow"]


@dataclass(frozen=True)
class BatchRow:
    """A project of the batch by park: its merit there and who chose it, or None = not open."""

    name: str
    priority: bool
    cells: Sequence[tuple[float | None, bool, bool]]  # merit, optimum, panel


@dataclass(frozen=True)
class BatchPair:
    """What is chosen from, the optimum, and the panel's choice; `first` = what is 优先引进."""

    portfolio: Portfolio
    best: Batch
    panel: Batch
    first: Collection[str] = ()

    @property
    def parks(self) -> Sequence[str]:
        """Those open to a project, or chosen for one."""
        open_ = {park for c in self.portfolio.candidates for park in c.places}
        return sorted(open_.union(x.park for x in (*self.best.chosen, *self.panel.chosen)))

    @property
    def share(self) -> float | None:
        """The panel's part of what is possible at most; None where nothing is."""
        return self.panel.value / self.best.bound if self.best.bound else None

    def rows(self, names: Mapping[str, str]) -> Sequence[BatchRow]:
        """A row a project; names by project."""
        return [
            BatchRow(
                names.get(c.id, c.id),
                c.id in self.first,
                [
                    (
                        c.places[park].merit if park in c.places else None,
                        any(x.project == c.id and x.park == park for x in self.best.chosen),
                        any(x.project == c.id and x.park == park for x in self.panel.chosen),
                    )
                    for park in self.parks
                ],
            )
            for c in self.portfolio.candidates
        ]

    def uses(self, what: str) -> Sequence[tuple[Use, Use]]:
        """By park what the optimum and the panel's choice use of a resource."""
        best, panel = ({(u.park, u.what): u for u in x.uses} for x in (self.best, self.panel))
        return [(best[park, what], panel[park, what]) for park in self.parks]

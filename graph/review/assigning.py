"""Who judges which project: by competence, free of conflict, and with even loads."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from graph.errors import UsageError
from graph.review.meeting import Member

__all__ = ["assigned", "competence"]


def competence(member: Member, words: Collection[str]) -> float:
    """1 where a field of the member is one of the project's words (or part of one), else 0."""
    return float(
        any(f and (f in word or word in f) for f in member.fields for word in words if word)
    )


def assigned(
    projects: Mapping[str, Collection[str]],
    panel: Sequence[Member],
    conflicts: Collection[tuple[str, str]],
    each: int = 3,
) -> Mapping[str, Sequence[str]]:
    """`each` judges for every project, the most competent ones, nobody with a conflict.

    `projects` = words that say what a project is about, by id; `conflicts` = (project, member).
    Experts and departments only.  Loads differ as little as the conflicts allow: solved exactly
    (HiGHS) for the smallest largest load first, then for the most competence.  The same input in
    any order gives the same answer.

    Raises `UsageError` naming a project for which too few are free of conflict.
    """
    cases = sorted(projects)
    members = sorted((m for m in panel if m.seat in ("expert", "department")), key=lambda m: m.id)
    free = np.array([[(c, m.id) not in conflicts for m in members] for c in cases], dtype=bool)
    for case, row in zip(cases, free.reshape(len(cases), len(members)), strict=True):
        if row.sum() < each:
            raise UsageError("too_few_judges", case=case, has=int(row.sum()), needs=each)
    if not cases:
        return {}
    skill = np.array([[competence(m, projects[c]) for m in members] for c in cases])
    least = -(-len(cases) * each // len(members))
    for most in range(least, len(cases) + 1):
        chosen = _solved(free, skill, each, most)
        if chosen is not None:
            return {
                case: [m.id for m, taken in zip(members, row, strict=True) if taken]
                for case, row in zip(cases, chosen, strict=True)
            }
    raise UsageError("too_few_judges", case=cases[0], has=len(members), needs=each)


def _solved(free: np.ndarray, skill: np.ndarray, each: int, most: int) -> np.ndarray | None:
    """The most competent assignment with loads of at most `most`; None where there is none."""
    cases, members = free.shape
    per_case = np.kron(np.eye(cases), np.ones(members))
    per_member = np.kron(np.ones(cases), np.eye(members))
    from scipy.optimize import Bounds, LinearConstraint, milp

    found = milp(
        -skill.ravel(),
        integrality=np.ones(free.size),
        bounds=Bounds(0, free.ravel().astype(float)),
        constraints=[
            LinearConstraint(per_case, each, each),
            LinearConstraint(per_member, 0, most),
        ],
    )
    return None if found.x is None else found.x.reshape(free.shape) > 0.5

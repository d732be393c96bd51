"""The office decides where an applicant lands whom several parks court, and who is credited."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from math import fsum, isclose

from graph.attraction.courted import Suit, first
from graph.attraction.pursuit import STAGES, Facts, Move, Pursuit, Ruling, furthest
from graph.attraction.steps import begin
from graph.errors import Changed, UsageError

__all__ = ["FIRST", "LANDED", "Verdict", "credit", "reopen", "rule"]

# 首谈 50 %, 落地 50 %: an assumption of this program; a decision may say otherwise, with a reason.
FIRST, LANDED = 50.0, 50.0
_SIGNED = STAGES[STAGES.index("signed") : -1]


@dataclass(frozen=True)
class Verdict:
    """What the office says; `shares` empty = by the rule."""

    park: str
    reason: str
    shares: Mapping[str, float]
    why_shares: str = ""


def credit(firsts: Sequence[str], park: str) -> Mapping[str, float]:
    """Percent by park: half to who introduced it first, half to where it lands.

    Several that were first on one day share their half equally; a park that is both has all.

    >>> credit(["a"], "b"), credit(["a"], "a"), credit(["a", "b"], "b")
    ({'a': 50.0, 'b': 50.0}, {'a': 100.0}, {'a': 25.0, 'b': 75.0})
    """
    found = {one: FIRST / len(firsts) for one in firsts}
    found[park] = found.get(park, 0.0) + LANDED
    return found


def rule(
    held: Mapping[str, Pursuit],
    group: Sequence[Suit],
    verdict: Verdict,
    id: str,
    fresh: Sequence[str],
    today: date,
    by: str,
) -> Mapping[str, Pursuit]:
    """The pursuits of a group as the decision leaves them, by id.

    An application without a pursuit becomes one (ids from `fresh`, one for each member and one
    more), so that each keeps the decision.  Those elsewhere are closed as lost; where nobody courts
    at the park it lands at, a pursuit begins there as the furthest one stands.  Raises `UsageError`
    without a reason, where the rule cannot say who was first, and where shares are no whole or of a
    park that neither courts it nor gets it.
    """
    if not verdict.reason.strip():
        raise UsageError("ruling_reason")
    shares = _shares(group, verdict)
    made = [_pursuit(held, suit, new, today, by) for suit, new in zip(group, fresh, strict=False)]
    members = [suit.id for suit in group] + [f for pursuit in made for f in pursuit.filings]
    ruling = Ruling(
        id, today, by, verdict.park, verdict.reason.strip(), tuple(dict.fromkeys(members)),
        tuple(sorted(shares.items())), verdict.why_shares.strip() if verdict.shares else "",
    )  # fmt: skip
    after = [_closed(one, ruling) if one.park != verdict.park else one for one in made]
    if all(one.park != verdict.park for one in made):
        best = furthest(made)
        facts = replace(best.facts, owner="", next_step="", next_day=None)
        new = begin(fresh[-1], verdict.park, facts, best.stage, today, by, today=today)
        first_move = replace(new.moves[0], ruling=id, note=ruling.reason)
        new = replace(new, enterprise=best.enterprise, project=best.project, moves=(first_move,))
        after.append(new)
    kept = [replace(p, rulings=(*p.rulings, ruling), version=p.version + 1) for p in after]
    return {pursuit.id: pursuit for pursuit in kept}


def reopen(
    held: Mapping[str, Pursuit], id: str, today: date, by: str, reason: str
) -> Mapping[str, Pursuit]:
    """Undo a decision: what it closed stands where it stood, what it began is lost.

    Raises `UsageError` without a reason, where no decision in force has this id, and where what it
    began has been signed since.
    """
    if not reason.strip():
        raise UsageError("ruling_reason")
    found = {p.id: _undone(p, id, (today, by, reason.strip())) for p in held.values()}
    changed = {id_: pursuit for id_, pursuit in found.items() if pursuit != held[id_]}
    if not changed:
        raise UsageError("ruling_gone")
    return changed


def _shares(group: Sequence[Suit], verdict: Verdict) -> Mapping[str, float]:
    if not verdict.shares:
        found = first(group)
        if not found.parks:
            raise UsageError("ruling_first", n=len(found.unknown))
        return credit(found.parks, verdict.park)
    if not verdict.why_shares.strip():
        raise UsageError("ruling_shares_reason")
    among = {verdict.park, *(suit.park for suit in group)}
    if strange := next((park for park in verdict.shares if park not in among), ""):
        raise UsageError("ruling_shares_park", given=strange)
    whole = fsum(verdict.shares.values())
    if not isclose(whole, 100.0) or min(verdict.shares.values()) < 0:
        raise UsageError("ruling_shares", given=f"{whole:g}")
    return {park: share for park, share in verdict.shares.items() if share}


def _pursuit(held: Mapping[str, Pursuit], suit: Suit, fresh: str, today: date, by: str) -> Pursuit:
    """The pursuit of a member; for an application alone a new one, linked to it."""
    if suit.kind == "pursuit":
        found = held.get(suit.id)
        if found is None or found.version != suit.version:
            raise Changed("pursuit_changed")
        return found
    facts = Facts(suit.name, suit.applicant, suit.uscc, introduced_by=suit.introduced_by)
    stage = "under_review" if suit.stage == "submitted" else "in_talks"
    new = begin(fresh, suit.park, facts, stage, today, by, today=today)
    return replace(new, enterprise=suit.enterprise, project=suit.project, filing=suit.id)


def _closed(pursuit: Pursuit, ruling: Ruling) -> Pursuit:
    last = _by(ruling, pursuit, "lost", ruling.on_day, ruling.by, ruling.reason)
    return replace(pursuit, moves=(*pursuit.moves, last))


def _undone(pursuit: Pursuit, id: str, undone: tuple[date, str, str]) -> Pursuit:
    ruling = next((r for r in pursuit.rulings if r.id == id and r.undone is None), None)
    if ruling is None:
        return pursuit
    moves, last = pursuit.moves, pursuit.moves[-1]
    begun_by = moves[0].ruling
    if pursuit.closed_by == ruling:
        # What another decision began has no ground left once that one is undone.
        if not any(r.id == begun_by and r.undone for r in pursuit.rulings):
            moves = (*moves, _by(ruling, pursuit, last.stage[0], *undone))
    elif begun_by == id and pursuit.stage != "lost":
        if pursuit.stage in _SIGNED and not all(move.ruling for move in moves):
            raise UsageError("ruling_signed", name=pursuit.facts.name)
        moves = (*moves, _by(ruling, pursuit, "lost", *undone))
    rulings = tuple(replace(r, undone=undone) if r == ruling else r for r in pursuit.rulings)
    return replace(pursuit, moves=moves, rulings=rulings, version=pursuit.version + 1)


def _by(ruling: Ruling, pursuit: Pursuit, stage: str, day: date, by: str, note: str) -> Move:
    """A move that the decision makes, never dated before the one it follows."""
    here = pursuit.park, pursuit.park
    day = max(day, pursuit.moves[-1].on_day)
    return Move(day, by, (pursuit.stage, stage), here, note, ruling.id)

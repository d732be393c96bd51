"""Commitments in the records: what meetings promised, derived, with what people added to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from graph.errors import NotFound
from graph.review.commitments import Pledge, derived
from graph.review.filing import Filing
from graph.review.meeting import Case, Meeting
from records import documents, filings, meetings
from records.audit import Value
from records.database import Records
from records.documents import Kind

__all__ = ["ACTIONS", "act", "all_of", "change", "get", "kept_of"]

ACTIONS = ("pledge.add", "pledge.book", "pledge.due", "pledge.report")
_KIND: Kind[Pledge] = Kind(
    "pledge", Pledge, "unknown_pledge", lambda p: {"name": p.name, "park": p.park}
)
_Held = Mapping[str, Pledge]


def all_of(records: Records, park: str | None = None) -> Sequence[Pledge]:
    """Every pledge that holds today, or one park's, by id."""
    kept = {pledge.id: pledge for pledge in documents.all_of(records, _KIND, park)}
    return list(_whole(_promised(records, park), kept).values())


def kept_of(records: Records) -> Sequence[Pledge]:
    """Only what is kept, also of a meeting that is open again: what a record is made of."""
    return documents.all_of(records, _KIND)


def get(records: Records, id: str, park: str | None = None) -> Pledge:
    """A pledge; `NotFound` where nothing is promised under this id, or it is another park's."""
    return _one({pledge.id: pledge for pledge in all_of(records, park)}, id)


def act(
    records: Records,
    action: str,
    step: Callable[[_Held], _Held],
    *,
    park: str | None = None,
    **detail: Value,
) -> _Held:
    """Change pledges together and note each; `step` answers those it changes or adds.

    Nobody else adds anything between reading and writing.  Raises whatever `step` raises: then
    nothing is changed.
    """
    promised = _promised(records, park)

    def kept(before: _Held) -> _Held:
        whole = _whole(promised, before)
        after = {id_: p for id_, p in step(whole).items() if p != whole.get(id_)}
        return {id_: replace(p, promised=()) if p.meeting else p for id_, p in after.items()}

    return documents.change(records, _KIND, action, kept, ids=None, park=park, **detail)


def change(
    records: Records,
    id: str,
    action: str,
    step: Callable[[Pledge], Pledge],
    park: str | None = None,
    **detail: Value,
) -> None:
    """Change one pledge; `NotFound` where there is none of this id, or it is another park's."""
    act(records, action, lambda held: {id: step(_one(held, id))}, park=park, **detail)


def _one(held: _Held, id: str) -> Pledge:
    if id not in held:
        raise NotFound("unknown_pledge", id=id)
    return held[id]


def _promised(records: Records, park: str | None) -> _Held:
    """What the published meetings promised, by project of the agenda."""
    filed = {filing.id: filing for filing in filings.all_of(records, park)}
    found = {}
    for meeting, case in _told_last(meetings.all_of(records)):
        made = derived(meeting, case) if park in (None, case.park) else ()
        if not made:
            continue
        filing = filed.get(case.id)
        firm, uscc = ("", "") if filing is None else _party(filing, case)
        named = case.id, case.park, case.name, case.applicant
        found[case.id] = Pledge(*named, firm, uscc, meeting.id, made)
    return found


def _party(filing: Filing, case: Case) -> tuple[str, str]:
    """Node and credit code as judged: what a park writes later makes it nobody else's promise."""
    source, day = (case.basis.source, case.basis.day) if case.basis else (None, date.max)
    if source is not None:
        known = [filed for filed in filing.filed if filed.number == source.number]
    else:
        known = [filed for filed in filing.filed if filed.at.astimezone().date() <= day]
    content = (known or filing.filed[:1])[-1].content if filing.filed else filing.content
    firm = filing.enterprise if source is None else source.enterprise
    return firm, content.texts.get("uscc", "")


def _told_last(held: Sequence[Meeting]) -> Sequence[tuple[Meeting, Case]]:
    """Each application once, where its newest decision was published; `held` the newest first.

    One that is judged anew there promises nothing meanwhile: no older decision takes its place.
    """
    found: dict[str, tuple[date, Meeting, Case]] = {}
    for meeting in held:
        for case in meeting.cases:
            made = (*case.earlier, *([case.decision] if case.decision else ()))
            days = [decision.published for decision in made if decision.published is not None]
            if not days and meeting.state != "published":
                continue
            day = max(days, default=date.min)  # published before days were kept
            if case.id not in found or day > found[case.id][0]:
                found[case.id] = day, meeting, case
    return [(meeting, case) for _, meeting, case in found.values()]


def _whole(promised: _Held, kept: _Held) -> _Held:
    """Both together; what was added to a promise that no longer holds waits until it does."""
    found = {id_: pledge for id_, pledge in kept.items() if not pledge.meeting}
    for id_, pledge in promised.items():
        at = kept.get(id_, pledge)
        found[id_] = replace(pledge, dues=at.dues, actuals=at.actuals, version=at.version)
    return dict(sorted(found.items()))

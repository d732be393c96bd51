"""What a review meeting needs from the graph, the standards and the applications together."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from pydantic import TypeAdapter

from api.desk import Desk
from api.settings import Settings
from api.standards import standards_of
from graph.analysis.answers import as_json
from graph.analysis.bases import bases_of, chains_served, leaders_served
from graph.analysis.conflicts import Conflict, Reviewer, conflicts
from graph.analysis.meeting_effect import Batches, batches_of
from graph.errors import Changed, LianzhuError, NotFound
from graph.question import Question
from graph.review import steps
from graph.review.assigning import assigned
from graph.review.effect import Effect
from graph.review.filing import Filing, application_of
from graph.review.keeping import Party, haircuts
from graph.review.meeting import Basis, Case, Meeting, Recusal
from graph.review.panel import result
from graph.review.sight import may_see_batch
from graph.review.standard import Standard
from records import filings, meetings, pledges
from records.database import Records

__all__ = [
    "arrange",
    "bases",
    "batches",
    "batches_for",
    "begin",
    "conclude",
    "differences",
    "fingerprint",
    "handed_in",
    "standards_at",
    "take_in",
]

_BASIS = TypeAdapter(Basis)
JUDGES = 3  # for each project


def standards_at(settings: Settings, desk: Desk) -> Sequence[Standard]:
    """The standards in force here."""
    return standards_of(Path(settings.standards_dir), sample=desk.sample)


def handed_in(records: Records, meeting: Meeting) -> Mapping[str, Filing]:
    """The applications on the agenda, by id."""
    wanted = {case.id for case in meeting.cases}
    return {filing.id: filing for filing in filings.all_of(records) if filing.id in wanted}


def take_in(records: Records, id: str) -> Meeting:
    """Put every application that is handed in, and on no other agenda, on this one."""
    taken = {case.id for one in meetings.all_of(records) for case in one.cases}
    new = [f for f in filings.all_of(records) if f.state == "submitted" and f.id not in taken]
    new.sort(key=lambda filing: (filing.park, filing.content.name, filing.id))

    def step(meeting: Meeting) -> Meeting:
        for filing in new:
            meeting = steps.put_on(meeting, case_of(filing))
        return meeting

    return meetings.act(records, id, "agenda", step, projects=len(new))


def case_of(filing: Filing) -> Case:
    """A project of the agenda as it was handed in last."""
    latest = filing.latest
    if latest is None:
        raise NotFound("unknown_filing", filing=filing.id)
    content = latest.content
    return Case(filing.id, content.name, content.applicant, filing.park, filing.project)


def arrange(records: Records, desk: Desk, id: str) -> Meeting:
    """Recuse whom the graph shows to be biased, and let the others judge by competence."""
    meeting = meetings.get(records, id)
    given, question = handed_in(records, meeting), desk.resolve(Question())
    found = {case.id: _conflicts(desk, question, meeting, given[case.id]) for case in meeting.cases}
    words = {case.id: _words(desk, given[case.id]) for case in meeting.cases}
    pairs = {(case, one.reviewer) for case, ones in found.items() for one in ones}
    chosen = assigned(words, meeting.panel, pairs, JUDGES)

    def step(meeting: Meeting) -> Meeting:
        for case, ones in found.items():
            for one in ones:
                recusal = Recusal(one.reviewer, _why(one), found=True)
                meeting = steps.recuse(meeting, case, recusal)
        return steps.assign(meeting, chosen)

    return meetings.act(records, id, "assign", step, conflicts=len(pairs))


def bases(
    records: Records, desk: Desk, standards: Sequence[Standard], meeting: Meeting, day: date
) -> Mapping[str, Basis]:
    """What every project on the agenda is judged by."""
    given, kept = handed_in(records, meeting), pledges.kept_of(records)
    cases, cut = {}, {}
    for case in meeting.cases:
        filing = given[case.id]
        if filing.latest is None:
            continue
        content = filing.latest.content
        cases[case.id] = (case, application_of(filing, content))
        party = Party(content.applicant, filing.enterprise, content.texts.get("uscc", ""))
        cut[case.id] = {field: float(x) for field, x in haircuts(party, kept, day).items()}
    made = bases_of(desk.snapshot, desk.resolve(Question()), cases, standards, day)
    return {id_: replace(basis, haircuts=cut[id_]) for id_, basis in made.items()}


def begin(
    records: Records, desk: Desk, standards: Sequence[Standard], id: str, day: date
) -> Meeting:
    """Fix the bases and let the panel judge."""
    fixed = bases(records, desk, standards, meetings.get(records, id), day)
    return meetings.act(
        records, id, "begin", lambda m: steps.begin(m, fixed), revision=desk.snapshot.revision
    )


def batches(desk: Desk, meeting: Meeting) -> Batches:
    """Both choices and what they change, by the graph as it is now.

    Worked out once for a revision and what counts of a meeting: not again for a vote or a reply.
    """
    key = ("batches of a meeting", meetings.digest(_counting(meeting)))
    question = desk.resolve(Question())
    return desk.snapshot.memo.get(key, lambda: batches_of(desk.snapshot, question, meeting))


def _counting(meeting: Meeting) -> Meeting:
    cases = tuple(
        replace(case, cards=tuple(case.counted()), ballots=(), replies=(), earlier=(), appeals=())
        for case in meeting.cases
    )
    return replace(meeting, state="sealed", reopening=None, reopened=(), cases=cases)


def batches_for(desk: Desk, meeting: Meeting, shown: Callable[[Case], bool]) -> Batches | None:
    """The same of a masked meeting, once it tells nothing that its reader may not see."""
    return batches(desk, meeting) if may_see_batch(meeting, shown) else None


def conclude(records: Records, desk: Desk, id: str) -> Meeting:
    """End the meeting; the audit keeps the hash of what it changes, and of which graph that is.

    Where the graph no longer knows a park or project there is nothing to keep.
    """
    planned = steps.conclude(meetings.get(records, id))
    try:
        effect = batches(desk, planned).effect
    except LianzhuError:
        noted: dict[str, str | int] = {}
    else:
        noted = {"effect": fingerprint(effect), "revision": effect.revision}

    def step(meeting: Meeting) -> Meeting:
        if (done := steps.conclude(meeting)) != planned:
            raise Changed("conclude_changed")
        return done

    return meetings.act(records, id, "conclude", step, **noted)


def fingerprint(effect: Effect) -> str:
    """SHA-256 of what a meeting changes, to the bit."""
    text = json.dumps(as_json(effect), ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def differences(
    records: Records, desk: Desk, standards: Sequence[Standard], meeting: Meeting
) -> Sequence[str]:
    """What a second computation finds otherwise: "" names nothing; codes with the project.

    The result of every project is computed again from what the meeting keeps.  Where the graph is
    still at the revision the project was judged at, the basis is made again too; where it is not,
    `revision` says that this could not be.
    """
    found = []
    for case in meeting.cases:
        if case.basis is None or case.decision is None:
            found.append(f"undecided:{case.name}")
        elif (says := result(case, sealed=True)) is None or says.outcome != case.decision.rule:
            found.append(f"outcome:{case.name}")
    judged = [case for case in meeting.cases if case.basis is not None]
    revisions = {case.basis.revision for case in judged if case.basis}
    if revisions != {desk.snapshot.revision}:
        return [*found, f"revision:{desk.snapshot.revision}"]
    days = {case.basis.day for case in judged if case.basis}
    try:
        again = bases(records, desk, standards, meeting, min(days))
    except LianzhuError as error:
        return [*found, f"basis:{error.code}"]
    for case in judged:
        assert case.basis is not None
        if not _same(again[case.id], case.basis):
            found.append(f"basis:{case.name}")
    return found


def _same(again: Basis, kept: Basis) -> bool:
    """Equal to the bit in everything that was kept: older meetings kept less."""
    closes = None if kept.closes is None else again.closes
    parks = None if kept.parks is None else again.parks
    again = replace(again, closes=closes, parks=parks)
    return _BASIS.dump_json(again) == _BASIS.dump_json(kept)


def _conflicts(
    desk: Desk, question: Question, meeting: Meeting, filing: Filing
) -> Sequence[Conflict]:
    content = filing.latest.content if filing.latest else filing.content
    introduced = content.texts.get("introduced_by", "")
    reviewers = [
        Reviewer(
            m.id,
            m.employer,
            m.interests,
            bool(introduced) and introduced in (m.department, m.employer, m.name),
        )
        for m in meeting.panel
        if m.seat in ("expert", "department")
    ]
    serves = leaders_served(desk.snapshot, question, filing.project)[:1]
    return conflicts(desk.snapshot, filing.enterprise or content.applicant, serves, reviewers)


def _why(conflict: Conflict) -> str:
    """As data: kind and path, worded where it is shown."""
    return ":".join((conflict.kind, *conflict.path))


def _words(desk: Desk, filing: Filing) -> Sequence[str]:
    """What a project is about: the chains of its segments, its park's and its own name."""
    names = desk.names()
    chains = [names[chain] for chain in chains_served(desk.snapshot, filing.project)]
    products = filing.content.texts.get("products", "")
    return [*chains, filing.content.name, names[filing.park], products]

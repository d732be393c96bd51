"""What a review meeting needs from the graph, the standards and the applications together."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Mapping, Sequence
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
from graph.errors import Changed, DataError, LianzhuError, UsageError
from graph.question import Question
from graph.review import steps
from graph.review.assigning import assigned
from graph.review.effect import Effect
from graph.review.filing import Filed, Filing, application_of, as_judged, source_of
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
    "batches_or_none",
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


def take_in(records: Records, id: str, only: Collection[str] | None = None) -> Meeting:
    """Put every application that waits on the agenda, of `only` these where they are named.

    Handed in, on the agenda of no meeting that is not published yet, and not judged as it was
    handed in last, or only 暂缓.
    """
    filed = filings.all_of(records)

    def waiting(held: Sequence[Meeting]) -> Sequence[Case]:
        there = [(meeting, case) for meeting in held for case in meeting.cases]
        taken = {case.id for meeting, case in there if meeting.state != "published"}
        judged: dict[str, list[Case]] = {}
        for _, case in there:
            judged.setdefault(case.id, []).append(case)
        found = [
            _case_of(filing, latest)
            for filing in filed
            if (only is None or filing.id in only)
            and (latest := filing.latest) is not None
            and filing.id not in taken
            and not any(_settled(case, latest) for case in judged.get(filing.id, ()))
        ]
        return sorted(found, key=lambda case: (case.park, case.name, case.id))

    return meetings.take_in(records, id, waiting)


def _settled(case: Case, latest: Filed) -> bool:
    """Whether a decision for good rests on what was handed in last.

    An older meeting did not keep on which: then on what was handed in by the day it was judged.
    """
    if case.basis is None or case.decision is None or case.decision.outcome == "deferred":
        return False
    source = case.basis.source
    if source is None:
        return latest.at.date() <= case.basis.day
    return source.number >= latest.number


def _case_of(filing: Filing, latest: Filed) -> Case:
    """A project of the agenda as it was handed in last."""
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
    """What every project on the agenda is judged by; nothing of one that is not handed in.

    One that has been judged is judged again from what it was judged from then.
    """
    given, kept = handed_in(records, meeting), pledges.kept_of(records)
    cases, more = {}, {}
    for case in meeting.cases:
        filing = given.get(case.id)
        if filing is not None and case.basis is not None and case.basis.source is not None:
            filing = as_judged(filing, case.basis.source)
        if filing is None or filing.latest is None:
            continue
        content = filing.latest.content
        cases[case.id] = (case, application_of(filing, content))
        party = Party(content.applicant, filing.enterprise, content.texts.get("uscc", ""))
        cut = {field: float(x) for field, x in haircuts(party, kept, day).items()}
        more[case.id] = cut, source_of(filing)
    made = bases_of(desk.snapshot, desk.resolve(Question()), cases, standards, day)
    return {
        id_: replace(basis, haircuts=more[id_][0], source=more[id_][1])
        for id_, basis in made.items()
    }


def begin(
    records: Records, desk: Desk, standards: Sequence[Standard], id: str, day: date
) -> Meeting:
    """Fix the bases, of every project as it is handed in and linked now, and let the panel judge.

    Raises `UsageError` naming a project whose application was withdrawn.
    """
    meeting = meetings.get(records, id)
    given = handed_in(records, meeting)

    def now(meeting: Meeting) -> Meeting:
        return replace(meeting, cases=tuple(_as_filed(c, given.get(c.id)) for c in meeting.cases))

    fixed = bases(records, desk, standards, now(meeting), day)

    def step(meeting: Meeting) -> Meeting:
        return steps.begin(now(meeting), fixed)

    return meetings.act(records, id, "score", step, revision=desk.snapshot.revision)


def _as_filed(case: Case, filing: Filing | None) -> Case:
    if filing is None or filing.latest is None:
        raise UsageError("case_withdrawn", case=case.name)
    latest = _case_of(filing, filing.latest)
    return replace(case, name=latest.name, applicant=latest.applicant, project=latest.project)


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


def batches_or_none(desk: Desk, meeting: Meeting) -> Batches | None:
    """The same; None where the graph no longer knows a park or project."""
    try:
        return batches(desk, meeting)
    except (DataError, UsageError):  # a store that is down is no such answer
        return None


def batches_for(desk: Desk, meeting: Meeting, shown: Callable[[Case], bool]) -> Batches | None:
    """The same of a masked meeting, once it tells nothing that its reader may not see."""
    return batches_or_none(desk, meeting) if may_see_batch(meeting, shown) else None


def conclude(records: Records, desk: Desk, id: str) -> Meeting:
    """End the meeting; the audit keeps the hash of what it changes, and of which graph that is.

    Where the graph no longer knows a park or project there is nothing to keep.
    """
    planned = steps.conclude(meetings.get(records, id))
    noted: dict[str, str | int] = {}
    if (made := batches_or_none(desk, planned)) is not None:
        noted = {"effect": fingerprint(made.effect), "revision": made.effect.revision}

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
        if case.id not in again or not _same(again[case.id], case.basis):
            found.append(f"basis:{case.name}")
    return found


def _same(again: Basis, kept: Basis) -> bool:
    """Equal to the bit in everything that was kept: older meetings kept less."""
    closes = None if kept.closes is None else again.closes
    parks = None if kept.parks is None else again.parks
    source = None if kept.source is None else again.source
    again = replace(again, closes=closes, parks=parks, source=source)
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

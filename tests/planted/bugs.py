"""The bugs: what is replaced by what in which file, and the tests that must notice."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["BUGS", "Bug"]


@dataclass(frozen=True)
class Bug:
    """One mistake somebody could make."""

    name: str
    file: str
    old: str
    new: str
    tests: str  # of the suite; one of them fails


BUGS = (
    Bug(
        "a route without a rule",
        "api/security/policy.py",
        '    "GET /tasks": _READ,\n',
        "",
        "tests/api/test_policy.py",
    ),
    Bug(
        "a route open to a role it is not for",
        "api/security/policy.py",
        '    "POST /corrections": _FACTS,\n',
        '    "POST /corrections": _READ,\n',
        "tests/api/test_policy.py",
    ),
    Bug(
        "another park's project is shown",
        "api/desk.py",
        "return bool(self._only_park) and self._only_park in",
        "return True or self._only_park in",
        "tests/api/test_policy.py",
    ),
    Bug(
        "an answer kept for one reader is given to another",
        "api/kept.py",
        'eyes, address = scope["state"]["identity"],',
        "eyes, address = None,",
        "tests/api/test_policy.py tests/api/test_kept.py",
    ),
    Bug(
        "an answer outlives the change of the graph",
        "api/kept.py",
        "if kept.revision != revision:",
        "if kept.revision > revision:",
        "tests/api/test_kept.py",
    ),
    Bug(
        "a write from another site is taken",
        "api/security/gate.py",
        'if site is not None and site not in ("same-origin", "none"):\n        return False',
        "if site is None:\n        return True",
        "tests/api/test_v1.py",
    ),
    Bug(
        "a lost update",
        "records/shortlist.py",
        'if row["version"] != version:',
        'if row["version"] < version:',
        "tests/records/test_shortlist.py",
    ),
    Bug(
        "a correction of what was not seen",
        "api/correcting.py",
        "if not written and mark_of(desk, *at) != mark:",
        "if written and mark_of(desk, *at) != mark:",
        "tests/api/test_correcting.py",
    ),
    Bug(
        "a swapped audit entry",
        "records/audit.py",
        "if not (known and entry.seq == seen and before == stored):",
        "before = stored\n        if not known:",
        "tests/records/test_audit.py",
    ),
    Bug(
        "a cut-off audit",
        "records/audit.py",
        "bad += [seq for seq in copied if seq > seen]",
        "bad += []",
        "tests/records/test_audit.py",
    ),
    Bug(
        "a change without an entry",
        "records/database.py",
        "                connection.rollback()\n        self._copy(change.head)\n",
        "                pass\n        self._copy(change.head)\n",
        "tests/records/test_audit.py",
    ),
    Bug(
        "a repeated request is carried out twice",
        "api/once.py",
        '    if row["status"] is None:',
        '    if True:\n        return None\n    if row["status"] is None:',
        "tests/api/test_once.py",
    ),
    Bug(
        "a file that leaves unseen",
        "api/taken.py",
        'disposition.startswith("attachment")',
        'disposition.startswith("attached")',
        "tests/api/test_auditing.py",
    ),
    Bug(
        "the second place taken away",
        "records/trail.py",
        "if verdict.ok and at < end:",
        "if verdict.ok and at > end:",
        "tests/records/test_trail.py",
    ),
    Bug(
        "a GET that writes",
        "api/routers/pages.py",
        "    found = desk.chain_map(about_chain(",
        "    desk.store.undo()\n    found = desk.chain_map(about_chain(",
        "tests/api/test_auditing.py",
    ),
    Bug(
        "a backup of two moments",
        "records/whole.py",
        "zone.store.reading()) != before and left",
        "zone.store.reading()) != before and not left",
        "tests/records/test_whole.py",
    ),
    Bug(
        "a forbidden attachment is given",
        "api/attaching.py",
        "return kind is not None and kind.reads(who, records, id_)",
        "return kind is not None",
        "tests/api/test_attachments.py",
    ),
    Bug(
        "a mark reaches another reviewer before sealing",
        "graph/review/sight.py",
        "return replace(case, cards=(own,) if own else (), ballots=(), replies=())",
        "return replace(case, ballots=(), replies=())",
        "tests/graph/review/test_sight.py",
    ),
    Bug(
        "the secretary sees marks before sealing",
        "graph/review/sight.py",
        "Card(c.member, version=0, submitted=True) for c in there",
        "c for c in there",
        "tests/graph/review/test_sight.py",
    ),
    Bug(
        "a recused score is counted",
        "graph/review/meeting.py",
        "return [card for card in self.cards if card.submitted and card.member in judges]",
        "return [card for card in self.cards if card.submitted]",
        "tests/graph/review/test_panel.py",
    ),
    Bug(
        "a draft score is counted",
        "graph/review/meeting.py",
        "return [card for card in self.cards if card.submitted and card.member in judges]",
        "return [card for card in self.cards if card.member in judges]",
        "tests/graph/review/test_panel.py tests/graph/review/test_meeting_model.py",
    ),
    Bug(
        "a hard minimum is averaged away",
        "graph/review/assessing.py",
        'if beyond or len(failed["minimum"]) > 1:',
        "if False:",
        "tests/graph/review/test_assessing.py tests/api/test_rehearsal.py",
    ),
    Bug(
        "an open veto does not stand against approval",
        "graph/review/panel.py",
        'if outcome == "approved" and gate.verdict != "pass":',
        'if outcome == "approved" and gate.verdict == "fail":',
        "tests/graph/review/test_panel.py",
    ),
    Bug(
        "half of the ballots is a majority",
        "graph/review/panel.py",
        "2 * votes[most] > len(case.ballots)",
        "2 * votes[most] >= len(case.ballots)",
        "tests/graph/review/test_panel.py tests/graph/review/test_meeting_model.py",
    ),
    Bug(
        "the quorum is rounded down",
        "graph/review/meeting.py",
        "-(-share.numerator // share.denominator)",
        "share.numerator // share.denominator",
        "tests/graph/review/test_panel.py tests/graph/review/test_meeting_model.py",
    ),
    Bug(
        "one person reopens a meeting",
        "graph/review/reopening.py",
        "if member in {first, *(a.answered_by for _, a in appealed)}:",
        "if member in {*(a.answered_by for _, a in appealed)}:",
        "tests/graph/review/test_steps.py",
    ),
    Bug(
        "computed points are seen before one's own",
        "graph/review/sight.py",
        "return _sealed(meeting) or (own is not None and own.submitted)",
        "return True",
        "tests/graph/review/test_sight.py",
    ),
    Bug(
        "what a park says of itself clears a veto",
        "graph/review/filing.py",
        "for ground, passes in content.vetoes.items() if not passes}",
        "for ground, passes in content.vetoes.items()}",
        "tests/graph/review/test_filing.py",
    ),
    Bug(
        "a card written over is not noticed",
        "graph/review/steps.py",
        "if card.version != (before.version if before else 0):",
        "if before is None and card.version:",
        "tests/graph/review/test_steps.py tests/records/test_meetings.py",
    ),
    Bug(
        "a swapped unit: 亿元 a tenth of itself",
        "graph/review/units.py",
        '"亿元": (Fraction(100_000_000), "yuan")',
        '"亿元": (Fraction(10_000_000), "yuan")',
        "tests/graph/review/test_units.py tests/graph/review/test_scoring.py",
    ),
    Bug(
        "an appeal for one project judges every project anew",
        "graph/review/reopening.py",
        "_anew(case) if case.id in again else case for case",
        "_anew(case) for case",
        "tests/graph/review/test_reopening.py tests/graph/review/test_meeting_model.py",
    ),
    Bug(
        "an appeal is taken after its last day",
        "graph/review/reopening.py",
        "if made.day > last:",
        "if made.day > last and meeting.state != 'published':",
        "tests/graph/review/test_reopening.py tests/graph/review/test_meeting_model.py",
    ),
    Bug(
        "a park reads the appeals of another",
        "graph/review/sight.py",
        "replace(bare, earlier=(), appeals=()) if park is None else _told_before(bare)",
        "_told_before(bare)",
        "tests/graph/review/test_sight.py",
    ),
    Bug(
        "who accepted an appeal agrees to it as well",
        "graph/review/reopening.py",
        "{first, *(a.answered_by for _, a in appealed)}",
        "{first}",
        "tests/graph/review/test_reopening.py tests/graph/review/test_meeting_model.py",
    ),
    Bug(
        "priority adds points",
        "graph/review/panel.py",
        "found = assess(basis.standard, given, basis.day, basis.others)",
        "more = {**given.chain, 'gain': 1.0} if basis.priority else given.chain\n"
        "    found = assess(basis.standard, replace(given, chain=more), basis.day, basis.others)",
        "tests/graph/review/test_agenda.py",
    ),
    Bug(
        "what lands together is counted one by one",
        "graph/analysis/whatif.py",
        "lands.setdefault(segment, []).append(own)",
        "lands.setdefault(segment, [own])",
        "tests/graph/analysis/test_meeting_effect.py",
    ),
    Bug(
        "a gain beside the others is beside itself",
        "graph/analysis/meeting_effect.py",
        "_landing(fills, rest - {project})",
        "_landing(fills, rest)",
        "tests/graph/analysis/test_meeting_effect.py",
    ),
    Bug(
        "the batch is told while one project is hidden",
        "graph/review/sight.py",
        "all(shown(case) for case in meeting.cases)",
        "any(shown(case) for case in meeting.cases)",
        "tests/graph/review/test_sight.py",
    ),
)

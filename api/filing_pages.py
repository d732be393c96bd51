"""The pages of applications, filled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any
from urllib.parse import urlencode

from fastapi import Request

from api.deps import identity_of, settings_of
from api.desk import Desk
from api.filing import PREFIX, Complete, Ruled, candidates, ruled
from api.frames import chosen
from api.handing_in import NOTE, window_now
from graph.errors import LianzhuError, NotFound
from graph.review.fields import FIELDS
from graph.review.filing import Content, Filing, differences
from ingest.cells import as_text
from ingest.filing_cells import GROUPS, VETO, cells_of
from ingest.report import RowError
from records import filings
from records.attachments import held
from records.database import Records
from viz import applications as v
from viz.contexts import Choice, Frame, Notice
from viz.lists import Filed
from viz.words import message

__all__ = [
    "filing_page",
    "list_page",
    "park_of",
    "parks_for",
    "said_on",
    "told",
]

_DONE = (
    "filing_saved",
    "filing_submitted",
    "filing_withdrawn",
    "filing_confirmed",
    "filing_checked",
)
_MUST = ("name", "applicant")
_Difference = tuple[str, object, object]


def park_of(request: Request, desk: Desk, given: str) -> str:
    """The park one means, a park operator's own where none is named.

    Raises `NotFound` for none, and for one that is not the operator's.
    """
    own = identity_of(request).only_park
    found = desk.find("Park", given or own or "")
    if found is None or own not in (None, found):
        raise NotFound("unknown_park", park=given)
    return found


def list_page(
    request: Request, desk: Desk, records: Records, park: str, state: str
) -> v.ApplicationsPage:
    """The list, of one park where one is named."""
    wanted = _wanted(request, desk, park)
    rules, names, frame = ruled(request, desk), desk.names(), chosen(request, desk)
    rows = [
        _row(filing, names[filing.park], rules.complete(filing.park, filing.content))
        for filing in filings.all_of(records, wanted)
        if state in ("", filing.state)
    ]
    query = request.query_params
    frame = replace(frame, twin=_twin(park, state), query=_kept(frame))
    if query.get("done") == "filing_taken":
        counts = {name: query.get(name, "")[:6] for name in ("n", "m")}
        if all(count.isdecimal() for count in counts.values()):
            frame = replace(frame, notice=Notice("filing_taken", counts))
    book = None
    parks = parks_for(request, desk)
    if wanted in [p.id for p in parks] and frame.may("GET /applications.xlsx"):
        book = frame.to("/applications.xlsx", park=wanted)
    return v.ApplicationsPage(frame, rows, parks, wanted or "", state, book)


def filing_page(
    request: Request,
    desk: Desk,
    records: Records,
    filing: Filing | None,
    park: str,
    *,
    typed: Mapping[str, str] | None = None,
    problems: Mapping[str, RowError] | None = None,
    overtaken: Sequence[_Difference] = (),
    seen: int | None = None,
) -> v.ApplicationPage:
    """The form: what is kept, under what was `typed` and could not be."""
    frame = replace(chosen(request, desk), twin=None)
    done = request.query_params.get("done")
    if done in _DONE:
        frame = replace(frame, notice=Notice(done))
    frame = replace(frame, query=_kept(frame))
    content = filing.content if filing else Content("", "")
    rules = ruled(request, desk)
    grounds = {**{i: i for i in content.vetoes}, **rules.vetoes(park, [content.industry])}
    complete = rules.complete(park, content)
    lang, names = frame.lang, desk.names()
    texts = {**_texts(content), **_said(typed or {})}
    route = "POST /applications/{id}" if filing else "POST /applications"
    made = v.ApplicationPage(
        frame, filing.id if filing else "", content.name, park, names[park] if park else "",
        filing.state if filing else "draft",
        (seen if seen is not None else filing.version) if filing else 1,
        frame.may(route),
        _groups(lang, grounds, texts, complete, problems or {}),
        len(complete.required) if complete.standard else None,
        [v.field_word(lang, name, grounds) for name in complete.missing],
        f"{complete.standard.name} {complete.standard.version}" if complete.standard else "",
        complete.track,
        overtaken=_worded(lang, grounds, overtaken),
        names=names,
        parks=[] if filing else parks_for(request, desk),
        window=window_now(request, records),
        office=identity_of(request).only_park is None,
        note=(typed or {}).get(NOTE, ""),
    )  # fmt: skip
    return _with_life(request, desk, records, made, filing, grounds) if filing else made


def said_on(page: v.ApplicationPage, error: LianzhuError) -> v.ApplicationPage:
    """A page with what was wrong on top."""
    notice = Notice(error.code, error.facts, bad=True)
    return replace(page, frame=replace(page.frame, notice=notice))


def told(
    request: Request, desk: Desk, records: Records, park: str, state: str
) -> list[Mapping[str, Any]]:
    """The applications as data."""
    rules, wanted = ruled(request, desk), _wanted(request, desk, park)
    found = [f for f in filings.all_of(records, wanted) if state in ("", f.state)]
    return [_told(filing, rules) for filing in found]


def _wanted(request: Request, desk: Desk, park: str) -> str | None:
    """The park whose applications are meant; None = every park's."""
    return park_of(request, desk, park) if park else identity_of(request).only_park


def _told(filing: Filing, rules: Ruled) -> Mapping[str, Any]:
    complete = rules.complete(filing.park, filing.content)
    standard = complete.standard
    return {
        "id": filing.id,
        "park": filing.park,
        "state": filing.state,
        "version": filing.version,
        **asdict(filing.content),
        "enterprise": filing.enterprise or None,
        "project": filing.project or None,
        "standard": f"{standard.id} {standard.version}" if standard else None,
        "track": complete.track,
        "required": list(complete.required),
        "missing": list(complete.missing),
        "filed": [
            {"number": f.number, "at": f.at.isoformat(), "by": f.by, "note": f.note or None}
            for f in filing.filed
        ],
    }


def _row(filing: Filing, park: str, complete: Complete) -> v.FilingRow:
    ruled_ = complete.standard is not None
    needed = len(complete.required) if ruled_ else None
    last = filing.filed[-1].at.astimezone().date().isoformat() if filing.filed else ""
    return v.FilingRow(
        filing.id, filing.content.name, filing.content.applicant, filing.park, park, filing.state,
        len(complete.required) - len(complete.missing) if ruled_ else None, needed,
        last, len(filing.filed), bool(filing.enterprise and filing.project),
    )  # fmt: skip


def _with_life(
    request: Request,
    desk: Desk,
    records: Records,
    page: v.ApplicationPage,
    filing: Filing,
    grounds: Mapping[str, str],
) -> v.ApplicationPage:
    lang, content = page.frame.lang, filing.content
    handed = []
    for at, one in enumerate(filing.filed):
        changes = differences(filing.filed[at - 1].content, one.content) if at else ()
        day = one.at.astimezone().strftime("%Y-%m-%d %H:%M")
        handed.append(v.Handed(one.number, day, one.by, _worded(lang, grounds, changes), one.note))
    unsent = differences(filing.filed[-1].content, content) if filing.filed else ()
    firms, plans = list[Choice](), list[Choice]()
    if page.frame.may("POST /applications/{id}/link"):
        uscc = content.texts.get("uscc", "")
        firms = [*candidates(desk, "Enterprise", (filing.enterprise, uscc, content.applicant))]
        plans = [*candidates(desk, "Project", (filing.project, content.name))]
    files = held(records, "filing").get(f"filing/{filing.id}", ())
    return replace(
        page,
        handed=handed,
        unsent=_worded(lang, grounds, unsent),
        grounds=grounds,
        checked=filing.checked,
        enterprise=filing.enterprise,
        project=filing.project,
        enterprises=firms,
        projects=plans,
        files=[
            Filed(f.id, f.name, f.size, f.added_by, f.added_at.astimezone().date().isoformat())
            for f in files
        ],
        megabytes=settings_of(request).attachment_mb,
    )


def _groups(
    lang: str,
    grounds: Mapping[str, str],
    texts: Mapping[str, str],
    complete: Complete,
    problems: Mapping[str, RowError],
) -> list[v.FormGroup]:
    grouped = {name for names in GROUPS.values() for name in names}
    known = {code: list(names) for code, names in GROUPS.items()}
    known["returns"] += [name for name in FIELDS if name not in grouped]
    known["grounds"] = [VETO + id_ for id_ in grounds]

    def field(name: str) -> v.FormField:
        error = problems.get(name)
        problem = ""
        if error is not None:
            said = message(lang, error.code, {**asdict(error), **error.facts})
            problem = f"{said.text} {said.hint}".strip()
        return v.FormField(
            name, v.field_word(lang, name, grounds), v.kind_of(name), texts.get(name, ""),
            FIELDS[name].unit if name in FIELDS else "",
            name in complete.required, name in _MUST, problem,
        )  # fmt: skip

    return [v.FormGroup(code, [field(n) for n in names]) for code, names in known.items() if names]


def _texts(content: Content) -> Mapping[str, str]:
    return {name: as_text(cell) for name, cell in cells_of(content).items()}


def _said(typed: Mapping[str, str]) -> Mapping[str, str]:
    return {k.removeprefix(PREFIX): text for k, text in typed.items() if k.startswith(PREFIX)}


def _worded(
    lang: str, grounds: Mapping[str, str], found: Sequence[_Difference]
) -> list[v.Difference]:
    """Changes in words; a ground is asked the other way round than it is kept."""
    rows = []
    for what, before, after in found:
        known = what in FIELDS or what in v.NAMED
        name = what if known else VETO + what
        pair = (before, after) if known else (_turned(before), _turned(after))
        texts = (v.value_text(lang, name, x) for x in pair)
        rows.append(v.Difference(v.field_word(lang, name, grounds), *texts))
    return rows


def _turned(passed: object) -> bool | None:
    return None if passed is None else not passed


def parks_for(request: Request, desk: Desk) -> list[Choice]:
    """The parks one may file for."""
    own, table = identity_of(request).only_park, desk.snapshot.nodes("Park")
    pairs = zip(table.ids, table.values("name"), strict=True)
    return [Choice(i, str(n or i)) for i, n in pairs if own in (None, i)]


def _kept(frame: Frame) -> Mapping[str, str]:
    """Without what only said what was just done."""
    return {k: x for k, x in frame.query.items() if k not in ("done", "n", "m")}


def _twin(park: str, state: str) -> str:
    query = urlencode({k: x for k, x in (("park", park), ("state", state)) if x})
    return f"/api/v1/applications{'?' if query else ''}{query}"

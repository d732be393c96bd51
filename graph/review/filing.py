"""An application as a park files it: written as a draft, handed in, taken back, handed in anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from math import isfinite

from graph.errors import Changed, UsageError
from graph.review.fields import FIELDS
from graph.review.scoring import Application
from graph.review.standard import Standard

__all__ = [
    "TEXTS",
    "Content",
    "Filed",
    "Filing",
    "Source",
    "answer",
    "application_of",
    "as_judged",
    "check",
    "differences",
    "hand_in",
    "link",
    "missing",
    "source_of",
    "withdraw",
    "write",
]

# What is said in words: subject, technology, talent, environment, safety, phases, orders.
TEXTS = (
    "uscc",
    "shareholders",
    "products",
    "technology",
    "platforms",
    "talent",
    "environment",
    "safety",
    "phases",
    "orders",
    "introduced_by",
    "contact",
)
STATES = ("draft", "submitted", "withdrawn")


@dataclass(frozen=True)
class Content:
    """What an application says; what it does not say is not there."""

    name: str
    applicant: str
    industry: str = ""
    own_site: bool | None = None
    numbers: Mapping[str, float] = field(default_factory=dict)  # `graph.review.fields`
    texts: Mapping[str, str] = field(default_factory=dict)  # by `TEXTS`
    vetoes: Mapping[str, bool] = field(default_factory=dict)  # ground -> the park says it passes


@dataclass(frozen=True)
class Filed:
    """One time it was handed in."""

    number: int
    content: Content
    at: datetime
    by: str
    note: str = ""  # why it was taken outside the days to hand in


@dataclass(frozen=True)
class Filing:
    """An application of one park through its life; `version` counts every change.

    `enterprise` and `project` are nodes of the graph that somebody confirmed to be the applicant
    and the project; "" = nobody has.
    """

    id: str
    park: str
    content: Content
    state: str = "draft"
    version: int = 1
    enterprise: str = ""
    project: str = ""
    filed: tuple[Filed, ...] = ()
    taken_back: int = 0  # how many times it was handed in when it was last withdrawn
    checked: Mapping[str, bool] = field(default_factory=dict)  # ground -> passed, by departments

    @property
    def latest(self) -> Filed | None:
        """What was handed in last, also while a new version is written; None once withdrawn."""
        return self.filed[-1] if len(self.filed) > self.taken_back else None


@dataclass(frozen=True)
class Source:
    """What of an application a project is judged from; `number` = the time it was handed in."""

    number: int
    enterprise: str
    project: str
    checked: Mapping[str, bool] = field(default_factory=dict)


def source_of(filing: Filing) -> Source:
    """What it is judged from as it stands; it has to be handed in."""
    assert filing.latest is not None
    return Source(filing.latest.number, filing.enterprise, filing.project, filing.checked)


def as_judged(filing: Filing, source: Source) -> Filing:
    """The application as it stood when it was judged from, whatever became of it since."""
    return replace(
        filing, filed=filing.filed[: source.number], taken_back=0, enterprise=source.enterprise,
        project=source.project, checked=source.checked,
    )  # fmt: skip


def write(filing: Filing, content: Content, seen: int) -> Filing:
    """Change a draft, or begin a new version of what was handed in or withdrawn.

    Raises `Changed` where it was changed since it was shown, `UsageError` for a name or applicant
    that is empty and for fields nobody knows.
    """
    if filing.version != seen:
        raise Changed("filing_changed")
    check(content)
    return replace(filing, content=content, state="draft", version=seen + 1)


def hand_in(filing: Filing, seen: int, at: datetime, by: str, note: str = "") -> Filing:
    """Hand it in as it stands; each time is kept."""
    if filing.version != seen:
        raise Changed("filing_changed")
    if filing.state == "submitted":
        raise UsageError("filing_state", state=filing.state)
    check(filing.content)
    filed = Filed(len(filing.filed) + 1, filing.content, at, by, note)
    return replace(filing, state="submitted", version=seen + 1, filed=(*filing.filed, filed))


def withdraw(filing: Filing, seen: int) -> Filing:
    """Take it back; what was handed in stays readable."""
    if filing.version != seen:
        raise Changed("filing_changed")
    if filing.state != "submitted":
        raise UsageError("filing_state", state=filing.state)
    back = len(filing.filed)
    return replace(filing, state="withdrawn", version=seen + 1, taken_back=back)


def link(filing: Filing, enterprise: str, project: str, seen: int) -> Filing:
    """Confirm which nodes of the graph the applicant and the project are; "" = none is."""
    if filing.version != seen:
        raise Changed("filing_changed")
    if (filing.enterprise, filing.project) == (enterprise, project):
        raise UsageError("filing_linked")
    return replace(filing, enterprise=enterprise, project=project, version=seen + 1)


def answer(filing: Filing, checked: Mapping[str, bool], seen: int) -> Filing:
    """Keep what the departments said of the grounds for a veto; one left out stays 待核."""
    if filing.version != seen:
        raise Changed("filing_changed")
    return replace(filing, checked=dict(checked), version=seen + 1)


def check(content: Content) -> None:
    """Refuse what cannot be an application."""
    if not content.name.strip() or not content.applicant.strip():
        raise UsageError("filing_name")
    for known, given in (
        (FIELDS, content.numbers),
        (TEXTS, content.texts),
    ):
        for name in given:
            if name not in known:
                raise UsageError("filing_field", field=name)
    for name, value in content.numbers.items():
        if not isfinite(value):
            raise UsageError("filing_number", field=name)


def missing(content: Content, standard: Standard) -> Sequence[str]:
    """The required fields that are not said yet."""
    return [name for name in standard.required if name not in content.numbers]


def application_of(filing: Filing, content: Content) -> Application:
    """As the rules take it; votes and what the graph says come later.

    That a ground for a veto is not there is for its department to say (`Filing.checked`); a park
    that says it is there is believed.
    """
    vetoes = {ground: False for ground, passes in content.vetoes.items() if not passes}
    return Application(
        filing.project or filing.id,
        content.name,
        filing.park,
        content.industry,
        content.own_site,
        dict(content.numbers),
        {**filing.checked, **vetoes},
    )


def differences(old: Content, new: Content) -> Sequence[tuple[str, object, object]]:
    """What changed between two times it was handed in, as (what, before, after)."""
    found: list[tuple[str, object, object]] = []
    for one in fields(Content):
        before, after = getattr(old, one.name), getattr(new, one.name)
        if isinstance(before, Mapping):
            for key in dict.fromkeys([*before, *after]):
                found.append((key, before.get(key), after.get(key)))
        else:
            found.append((one.name, before, after))
    return [(what, a, b) for what, a, b in found if a != b]

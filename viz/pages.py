"""Pages: a context goes in, HTML comes out.  Nothing here reads a store or computes a number."""

from __future__ import annotations

import hashlib
from functools import cache, partial
from importlib.resources import files
from typing import ClassVar, Protocol

from jinja2 import Environment, FunctionLoader, StrictUndefined

from viz.commitments import year_text
from viz.contexts import Frame
from viz.fit import failed_rules, fix_text, need_text
from viz.palette import KINDS, LINES, MARKS
from viz.precheck import field_name, fix_words
from viz.review_words import bound_text, condition_text
from viz.rows import bar, fact_text, facts_by_field, field_label, moment_text, related_groups, rows
from viz.sentences import (
    assumed_text,
    narrow_text,
    path_text,
    reason_text,
    sentences,
    why_not_sentences,
)
from viz.swimlane import COLOURS, swimlane
from viz.words import message, term, word

__all__ = ["Page", "environment", "render", "static_url"]


class Page(Protocol):
    """A context: what a page is about, and the template that shows it."""

    template: ClassVar[str]

    @property
    def frame(self) -> Frame:
        """What surrounds the page."""


def render(page: Page) -> str:
    """The page as a complete HTML document in its frame's language."""
    template = environment().get_template(page.template)
    return template.render(page=page, **in_language(page.frame.lang), frame=page.frame)


def in_language(lang: str) -> dict[str, object]:
    """What every template may call, bound to one language."""
    spoken = (
        term,
        message,
        field_label,
        fact_text,
        assumed_text,
        narrow_text,
        reason_text,
        failed_rules,
        fix_text,
        need_text,
        field_name,
        fix_words,
        bound_text,
        condition_text,
        year_text,
    )
    bound = {f.__name__: partial(f, lang) for f in spoken}
    return {"lang": lang, "t": partial(word, lang), **bound}


@cache
def environment() -> Environment:
    """The Jinja environment: everything escaped, nothing undefined."""
    made = Environment(
        loader=FunctionLoader(_template),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters["named"] = lambda id, names: names.get(id, id)
    made.globals |= {
        "static_url": static_url,
        "swimlane": swimlane,
        "COLOURS": COLOURS,
        "rows": rows,
        "moment_text": moment_text,
        "bar": bar,
        "facts_by_field": facts_by_field,
        "related_groups": related_groups,
        "path_text": path_text,
        "sentences": sentences,
        "why_not_sentences": why_not_sentences,
        "MARKS": MARKS,
        "KINDS": KINDS,
        "LINES": LINES,
    }
    return made


@cache
def static_url(name: str) -> str:
    """The address of a file under `viz/static`, with a stamp that changes when the file does."""
    content = files(__package__).joinpath("static", *name.split("/")).read_bytes()
    return f"/static/{name}?v={hashlib.sha256(content).hexdigest()[:8]}"


def _template(name: str) -> str | None:
    source = files(__package__).joinpath("templates", name)
    return source.read_text("utf-8") if source.is_file() else None

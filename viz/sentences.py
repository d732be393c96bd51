"""A candidate's score, and why something is not a candidate, in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from graph.analysis.answers import Asked, CandidateAnswer, PartAnswer, SegmentAnswer, WhyNot
from viz.words import LANGS, catalogue, term, word

__all__ = [
    "assumed_text",
    "local_makers",
    "narrow_text",
    "path_text",
    "reason_text",
    "sentences",
    "why_not_sentences",
]

_Say = Callable[..., str]


def sentences(
    candidate: CandidateAnswer,
    question: Asked,
    names: Mapping[str, str],
    *,
    local: Mapping[str, int] | None = None,
) -> dict[str, list[str]]:
    """The score of `candidate` in Chinese and English; the first sentence is the whole reason.

    `local` counts the known makers inside the region by segment; without it the count is left out.
    """
    return {lang: _told(lang, candidate, question, names, local or {}) for lang in LANGS}


def local_makers(segments: Sequence[SegmentAnswer]) -> dict[str, int]:
    """Known makers inside the region by segment; an unknown segment is absent, not 0."""
    known = [s for s in segments if s.type != "unknown"]
    return {s.segment: sum(f.proximity == 1 for f in s.suppliers) for s in known}


def why_not_sentences(why: WhyNot, names: Mapping[str, str]) -> dict[str, list[str]]:
    """Why something is absent from a ranking, one sentence a reason."""
    return {lang: [_reason(lang, why.name, r, names) for r in why.reasons] for lang in LANGS}


def reason_text(
    lang: str,
    candidate: CandidateAnswer,
    question: Asked,
    names: Mapping[str, str],
    local: Mapping[str, int],
) -> str:
    """The one sentence: which gap, who makes it here, the shortage before and after, the share."""
    filled = sorted((p for p in candidate.parts if p.gain > 0), key=lambda p: (-p.gain, p.segment))
    if not filled:
        only = "reason_verify" if candidate.fill_if_missing else "reason_nothing"
        return word(lang, f"sentence.{only}")
    first = filled[0]
    makers = local.get(first.segment)
    return word(
        lang,
        "sentence.reason" if len(filled) == 1 else "sentence.reason_many",
        act=term(lang, "act", candidate.kind),
        segment=_name(first.segment, names),
        n=len(filled),
        makers="" if makers is None else word(lang, "sentence.makers", n=makers),
        before=f"{first.before:.2f}",
        after=f"{first.after:.2f}",
        whose=word(lang, "sentence.of_leader" if question.leader else "sentence.of_chain"),
        share=f"{candidate.fill:.1%}",
    )


def narrow_text(lang: str, candidate: CandidateAnswer, names: Mapping[str, str]) -> str:
    """Which one document would narrow the interval most ("" when none would)."""
    narrow = candidate.narrow_by
    if narrow is None:
        return ""
    key = f"narrow.{narrow.input}"
    if key not in catalogue(lang):
        return word(lang, "narrow.other", input=narrow.input)
    return word(lang, key, segment=_name(narrow.segment or "", names))


def path_text(path: Sequence[str], names: Mapping[str, str], direction: str) -> str:
    """The named path in the order goods flow: 轴承钢 → 轴承 → 减速器 → 工业机器人.

    Answers list paths from the leader's product to the segment; upstream ones are turned round.
    Asked in both directions an answer does not say which way a path runs, so it gets no arrows.

    >>> path_text(["t", "s"], {"t": "机器人", "s": "减速器"}, "up")
    '减速器 → 机器人'
    """
    shown = [_name(id, names) for id in (path if direction == "down" else reversed(path))]
    return (" – " if direction == "both" else " → ").join(shown)


def assumed_text(lang: str, assumed: Sequence[str], names: Mapping[str, str]) -> str:
    """The assumed inputs by name; `capacity:segment` names the segment too."""
    told = []
    for item in assumed:
        code, _, segment = item.partition(":")
        what = term(lang, "input", code)
        told.append(word(lang, "text.of", what=what, of=_name(segment, names)) if segment else what)
    return word(lang, "text.comma").join(told)


def _told(
    lang: str,
    candidate: CandidateAnswer,
    question: Asked,
    names: Mapping[str, str],
    local: Mapping[str, int],
) -> list[str]:
    def say(key: str, **facts: object) -> str:
        return word(lang, f"sentence.{key}", **facts)

    told = [reason_text(lang, candidate, question, names, local)]
    told += [_part(say, p, names, question.direction) for p in candidate.parts if p.gain > 0]
    if candidate.fill > 0:
        told.append(
            say(
                "score",
                score=f"{candidate.score:.3f}",
                fill=f"{candidate.fill:.1%}",
                modifier=f"{candidate.score / candidate.fill:.2f}",
                relatedness=f"{candidate.modifiers.relatedness or 0:.2f}",  # filled, so known
                tie=f"{candidate.modifiers.tie:.2f}",
                readiness=f"{candidate.modifiers.readiness:.2f}",
            )
        )
    if candidate.interval:
        low, high = candidate.interval
        told.append(say("interval", low=f"{low:.3f}", high=f"{high:.3f}"))
    told.append(narrow_text(lang, candidate, names))
    if candidate.fill_if_missing:
        told.append(say("if_missing", fill=f"{candidate.fill_if_missing:.1%}"))
    if candidate.assumed:
        told.append(say("assumed", inputs=assumed_text(lang, candidate.assumed, names)))
    return [t for t in told if t]


def _part(say: _Say, part: PartAnswer, names: Mapping[str, str], direction: str) -> str:
    return say(
        "part",
        segment=_name(part.segment, names),
        before=f"{part.before:.2f}",
        after=f"{part.after:.2f}",
        part=f"{part.part:.3f}",
        path=path_text(part.path, names, direction),
    )


def _reason(lang: str, who: str, reason: Mapping[str, object], names: Mapping[str, str]) -> str:
    code = str(reason.get("code", ""))
    if f"why.{code}" not in catalogue(lang):
        return word(lang, "why.other", name=who, code=code)
    told = word(lang, f"why.{code}", name=who, **{k: reason.get(k, "—") for k in ("rank", "of")})
    about = [_listed(lang, v, names) for k, v in reason.items() if k in _ABOUT and v]
    how = f"why_about.{code}" if f"why_about.{code}" in catalogue(lang) else "text.about"
    return told + (word(lang, how, what=about[0]) if about else "")


_ABOUT = ("segments", "segment", "project", "projects", "region", "regions", "candidate")


def _listed(lang: str, value: object, names: Mapping[str, str]) -> str:
    ids = value if isinstance(value, (list, tuple)) else [value]
    told = [_name(str(id), names) for id in ids[:6]]
    if len(ids) > len(told):
        told.append(word(lang, "text.more", n=len(ids) - len(told)))
    return word(lang, "text.comma").join(told)


def _name(id: str, names: Mapping[str, str]) -> str:
    return names.get(id, id)

"""What a batch means before an engine writes it: checked rows, merging, the links of a node."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from hashlib import sha256
from json.encoder import encode_basestring
from math import isfinite

from graph.errors import DataError
from graph.model import (
    GRADES,
    LABELS,
    RELATIONS,
    Batch,
    Node,
    Props,
    Ref,
    Rel,
    Value,
    claims_of,
    derived,
    merge,
)
from graph.store.base import LedgerEntry

__all__ = [
    "Link",
    "canonical",
    "check_key",
    "check_ledger",
    "checked_nodes",
    "checked_rels",
    "counted",
    "hash_of",
    "identity",
    "is_text",
    "links",
    "settle",
]

_LONGEST = 1_000  # characters of an id or a field's name: Neo4j indexes no more than 8 kB
_LARGEST = 2**1023
_HALF = re.compile("[\ud800-\udfff]")  # of a surrogate pair: no store can write it
Link = tuple[str, Ref]  # relation type and target of a reference column

canonical = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


def check_key(batch: Batch) -> None:
    """`DataError` for a batch that no ledger may hold."""
    for text in (batch.key, batch.source):
        if not is_text(text) or len(batch.key) > _LONGEST:
            raise DataError("identity", label="Batch", id=ascii(text)[:50])


def check_ledger(ledger: Iterable[LedgerEntry]) -> None:
    """`DataError` for entries that no ledger may hold."""
    for entry in ledger:
        check_key(Batch(entry.batch, entry.source))
        check_key(Batch(entry.batch, entry.at))


def checked_nodes(batch: Batch) -> dict[Ref, Props]:
    """The nodes of a batch in id order; `DataError` for what no store may hold."""
    nodes: dict[Ref, Props] = {}
    for node in sorted(batch.nodes, key=lambda n: n.ref):
        _check_ref(node.ref)
        nodes[node.ref] = settle(nodes.get(node.ref), _clean(node.props, *node.ref))
    return nodes


def checked_rels(batch: Batch) -> Sequence[Rel]:
    """The relations of a batch; `DataError` for what no store may hold."""
    for ref in {ref for rel in batch.rels for ref in (rel.src, rel.dst)}:
        _check_ref(ref)
    return [_checked(rel) for rel in batch.rels]


def settle(old: Props | None, new: Props) -> Props:
    """`merge`, where a row without properties (a stub, or nothing yet) contributes nothing."""
    if not old or not new:
        return new or old or new
    return merge(old, new)


def links(node: Node | None) -> set[Link]:
    """What the reference columns of a node point at, existing or not."""
    return {(rel.type, rel.dst) for rel in derived(node) if rel.dst.id} if node else set()


def counted(nodes: Iterable[Node]) -> int:
    """How many of `nodes` a report counts: neither evidence records nor stubs."""
    return sum(node.ref.label != "Evidence" and bool(node.props) for node in nodes)


def identity(row: Node | Rel) -> str:
    """What makes a row the same on every store, as canonical JSON."""
    words = row.ref if isinstance(row, Node) else (row.type, *row.src, *row.dst, row.key)
    return f"[{','.join(map(encode_basestring, words))}]"


def hash_of(identity: str, props: str) -> int:
    """`graph.model.row_hash`, from an identity and properties that are canonical JSON already."""
    return int.from_bytes(sha256(f"{identity[:-1]},{props}]".encode()).digest())


def _checked(rel: Rel) -> Rel:
    if (rel.src.label, rel.dst.label) not in RELATIONS.get(rel.type, ()):
        raise DataError("vocabulary", type=rel.type, src=rel.src.label, dst=rel.dst.label)
    if len(rel.key) > _LONGEST or not is_text(rel.key):
        raise DataError("identity", label=rel.type, id=rel.key)
    props = _clean(rel.props, rel.type, rel.src.id)
    return rel if props is rel.props else replace(rel, props=props)


def _check_ref(ref: Ref) -> None:
    if ref.label not in LABELS:
        raise DataError("vocabulary", label=ref.label)
    if not ref.id or len(ref.id) > _LONGEST or not is_text(ref.id):
        raise DataError("identity", label=ref.label, id=ascii(ref.id)[:50])


def _clean(props: Props, label: str, id: str) -> Props:
    """`props`, whole numbers as floats: 1 and 1.0 must not be two different contents."""
    whole: dict[str, Value] = {}
    for name, value in props.items():
        if not name or len(name) > _LONGEST or not is_text(name):
            raise DataError("value", label=label, id=id, field=name[:50], value=repr(value)[:50])
        kind = type(value)
        if kind is int and abs(value) < _LARGEST:  # type: ignore[arg-type]
            whole[name] = float(value)  # type: ignore[arg-type]
        elif not (kind is bool or _is_flat(value)):
            raise DataError("value", label=label, id=id, field=name, value=repr(value))
    if not _is_claimed(props):
        raise DataError("value", label=label, id=id, field="grade", value=repr(props.get("grade")))
    return {**props, **whole} if whole else props


def _is_claimed(props: Props) -> bool:
    """Whether what a row says about itself can be merged with what others say."""
    if "claims" in props:
        try:
            return all(
                claim.grade in GRADES
                and not (claim.value and _HALF.search(canonical(json.loads(claim.value))))
                for claim in claims_of(props)
            )
        except (TypeError, ValueError):
            return False
    return props.get("grade", "declared") in GRADES


def is_text(text: str) -> bool:
    """Whether every store can hold it as a name: neither NUL nor half of a surrogate pair."""
    return "\0" not in text and _is_whole(text)


def _is_whole(text: str) -> bool:
    return text.isascii() or not _HALF.search(text)


def _is_flat(value: Value) -> bool:
    if isinstance(value, str):
        return type(value) is str and _is_whole(value)
    if isinstance(value, float):
        return isfinite(value)
    return isinstance(value, list) and all(type(item) is str and _is_whole(item) for item in value)

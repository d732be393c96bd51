"""Texts that would be code if any engine, anywhere, put them into the words of a query."""

from __future__ import annotations

import os

__all__ = ["BROKEN", "LONG", "PAYLOADS", "SOME", "WHOLE"]

RELEASE = os.environ.get("LIANZHU_RELEASE") == "1"

# What every store holds as it is.
WHOLE = [
    # Cypher: out of a string, a map, a parameter, a pattern, a name in backticks.
    "') DETACH DELETE n //",
    "' OR 1=1 WITH n MATCH (m) DETACH DELETE m //",
    "\"}) DETACH DELETE n //",
    "}) CALL db.labels() YIELD label RETURN label //",
    "'}) CALL dbms.components() YIELD name RETURN name //",
    "'}) CALL db.index.fulltext.drop('names') //",
    "`) DETACH DELETE n //",
    "`",
    "``",
    "name` = 'x' SET n.`revision",
    "x`: 1}) DETACH DELETE n //",
    "\\u0060) DETACH DELETE n //",
    "\\u0027) DETACH DELETE n //",
    "\\u0027 OR 1=1 //",
    "\\",
    "\\'",
    "'",
    "''",
    "$id",
    "$rows",
    "{id}",
    "${id}",
    "n.id",
    "//",
    "/* */ */",
    "'; MATCH (n) DETACH DELETE n; //",
    "x'}]->() DELETE n WITH 1 AS one MATCH (m:_Meta) DELETE m //",
    "Enterprise`) DETACH DELETE n //",
    "Enterprise:_Meta",
    "Enterprise|Segment",
    "Enterprise&!Segment",
    "SUPPLIES|INPUT_OF*0..",
    "SUPPLIES`]->() DETACH DELETE a //",
    "_Meta",
    "_Gate",
    "%",
    "*",
    "LOAD CSV FROM 'file:///etc/passwd' AS line RETURN line //",
    "CALL apoc.cypher.runMany('MATCH (n) DETACH DELETE n', {})",
    # SQL and its JSON paths.
    "' OR 1=1 --",
    "\" OR 1=1 --",
    "'; DROP TABLE node; --",
    "'); DELETE FROM rel; --",
    "1; ATTACH DATABASE '/tmp/x' AS x",
    "' UNION SELECT 1, 2, 3 --",
    ":id",
    "?1",
    "[]",
    "[\"Enterprise\"]",
    "$[0]",
    "\"]; DELETE FROM node; --",
    # Lucene, and FTS5.
    "*:*",
    "name:/.*/",
    "search_text:[* TO *]",
    "/.*/",
    "\" OR *:* OR \"",
    "a* OR b~0.1^9",
    "NEAR(a b, 9)",
    "(((",
    "+-!(){}[]^~",
    "AND",
    "NOT x",
    "\"",
    # Characters that one layer may fold, cut or take for a quote.
    "＇）ＤＥＴＡＣＨ ＤＥＬＥＴＥ ｎ／／",
    "ʼ OR 1=1",
    "\u2028DETACH DELETE n",
    "\r\nMATCH (n) DETACH DELETE n",
    "\x1b[2J",
    "\x7f\x01",
    "\ufeff'",
    "\u202e'",
    "\U0001f4a5'",
    "é'",
    "NULL",
    "null",
    "true",
    "__id",
    "constructor",
]  # fmt: skip
# What no store takes: a NUL where one may end a text early, and halves of surrogate pairs.  Whoever
# cut the first at its NUL would meet something that is there.
BROKEN = [
    "\0",
    "秘甲\0",
    "秘甲\0' OR 1=1 --",
    "Enterprise\0",
    "SUPPLIES\0",
    "' OR 1=1 --\0",
    "\ud800",
    "\udfff') DETACH DELETE n //",
    "秘甲\udc00",
]
LONG = "') DETACH DELETE n //" * 900
PAYLOADS = [*WHOLE, *BROKEN, LONG]
# Where a question is asked in a second way, every other one; a release tries them all.
SOME = PAYLOADS if RELEASE else PAYLOADS[::2]

"""The tables of the records, as the newest migration leaves them."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    UniqueConstraint,
)

from records.columns import Instant, Words

__all__ = [
    "accounts",
    "attachments",
    "attempts",
    "audit",
    "audit_head",
    "contacts",
    "documents",
    "filings",
    "meetings",
    "metadata",
    "once",
    "recorded",
    "schemes",
    "sessions",
    "shortlist",
    "tasks",
    "tokens",
]

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
    }
)

shortlist = Table(
    "shortlist",
    metadata,
    Column("id", Words(32), primary_key=True),
    Column("kind", Words(20), nullable=False),  # project | enterprise | expansion
    Column("candidate", Words(1000), nullable=False),
    Column("name", Words, nullable=False),  # as it was called when it was picked
    Column("leader", Words(1000), nullable=False),  # "" = the whole chain
    Column("chain", Words(1000), nullable=False),
    Column("region", Words(1000), nullable=False),
    Column("status", Words(20), nullable=False),
    Column("note", Words, nullable=False),
    Column("added_at", Instant, nullable=False),
    Column("added_by", Words, nullable=False, server_default=""),
    Column("version", Integer, nullable=False, server_default="1"),
    UniqueConstraint("kind", "candidate", "leader", "chain", "region"),
)

contacts = Table(
    "contacts",
    metadata,
    Column("id", Words(32), primary_key=True),
    Column("item", ForeignKey("shortlist.id", ondelete="CASCADE"), nullable=False),
    Column("on_day", Date, nullable=False),
    Column("who", Words, nullable=False),
    Column("result", Words, nullable=False),
    Column("written_at", Instant, nullable=False),
    Column("written_by", Words, nullable=False, server_default=""),
    Index(None, "item"),
)

schemes = Table(
    "schemes",
    metadata,
    Column("name", Words(100), primary_key=True),
    Column("fill", Float, nullable=False),
    Column("relatedness", Float, nullable=False),
    Column("tie", Float, nullable=False),
    Column("readiness", Float, nullable=False),
    Column("saved_at", Instant, nullable=False),
    Column("saved_by", Words, nullable=False, server_default=""),
)

tasks = Table(
    "tasks",
    metadata,
    Column("id", Words(32), primary_key=True),
    Column("segment", Words(1000), nullable=False),
    Column("region", Words(1000), nullable=False),
    Column("leader", Words(1000), nullable=False),  # "" = the whole chain
    Column("chain", Words(1000), nullable=False),
    Column("reason", Words(20), nullable=False),  # unknown | stale
    Column("assignee", Words, nullable=False),
    Column("due", Date, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("closed_at", Instant),
    Column("made_by", Words, nullable=False, server_default=""),
    Column("closed_by", Words, nullable=False, server_default=""),
    Index(None, "segment"),
)

audit = Table(
    "audit",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", Words(32), nullable=False),  # text, so that what was hashed is what is read
    Column("actor", Words(64), nullable=False),
    Column("name", Words, nullable=False),
    Column("role", Words(20), nullable=False),
    Column("action", Words(60), nullable=False),
    Column("object", Words, nullable=False),
    Column("detail", Words, nullable=False),
    Column("algorithm", Words(10), nullable=False),
    Column("hash", Words(64), nullable=False),
    Index(None, "actor"),
    Index(None, "action"),
)

# One row: who appends locks it, so entries follow each other on every database.
audit_head = Table(
    "audit_head",
    metadata,
    Column("seq", Integer, nullable=False),
    Column("hash", Words(64), nullable=False),
)

accounts = Table(
    "accounts",
    metadata,
    Column("id", Words(32), primary_key=True),
    Column("login", Words(100), nullable=False),  # NFKC, case folded
    Column("name", Words, nullable=False),
    Column("role", Words(20), nullable=False),
    Column("park", Words(1000), nullable=False),  # of a park operator, else ""
    Column("department", Words, nullable=False),  # of a reviewer, else ""
    Column("fields", Words, nullable=False),  # JSON list: what an expert knows
    Column("password", Words(300), nullable=False),  # argon2id
    Column("password_at", Instant, nullable=False),
    Column("must_change", Boolean, nullable=False),
    Column("totp", Words(64), nullable=False),  # base32 secret, "" = none
    Column("totp_step", Integer, nullable=False),  # the last 30-second step used
    Column("totp_next", Words(64), nullable=False),  # shown, not yet confirmed by a code
    Column("disabled_at", Instant),
    Column("made_at", Instant, nullable=False),
    Column("version", Integer, nullable=False),
    UniqueConstraint("login"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", Words(64), primary_key=True),  # SHA-256 of what the cookie holds
    Column("account", ForeignKey("accounts.id"), nullable=False),
    Column("pending", Boolean, nullable=False),  # the password was right, the code is to come
    Column("made_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Index(None, "account"),
)

tokens = Table(
    "tokens",
    metadata,
    Column("id", Words(64), primary_key=True),  # SHA-256 of the token
    Column("account", ForeignKey("accounts.id"), nullable=False),
    Column("name", Words, nullable=False),
    Column("scope", Words(10), nullable=False),  # read | write
    Column("made_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Index(None, "account"),
)

attempts = Table(
    "attempts",  # to sign in, that failed
    metadata,
    Column("id", Words(32), primary_key=True),
    Column("key", Words(200), nullable=False),  # login:… or from:…
    Column("at", Instant, nullable=False),
    Index(None, "key", "at"),
)

attachments = Table(
    "attachments",  # one row for each use of a file; the file is kept once by its hash
    metadata,
    Column("id", Words(32), primary_key=True),
    Column("sha256", Words(64), nullable=False),
    Column("object", Words(200), nullable=False),  # what it belongs to, e.g. application/ID
    Column("name", Words, nullable=False),
    Column("type", Words(100), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("added_by", Words, nullable=False),
    Column("added_at", Instant, nullable=False),
    Index(None, "object"),
    Index(None, "sha256"),
)

recorded = Table(
    "recorded",  # who wrote down what a claim of the graph says; a claim is found by its evidence
    metadata,
    Column("id", Words(32), primary_key=True),
    Column("evidence", Words(16), nullable=False),
    Column("owner", Words(20), nullable=False),  # the label of a node or the type of a relation
    Column("src", Words(1000), nullable=False),
    Column("dst", Words(1000), nullable=False),  # "" of a node
    Column("key", Words(1000), nullable=False),
    Column("field", Words(100), nullable=False),  # "" = everything the row says
    Column("batch", Words(64), nullable=False),
    Column("who", Words, nullable=False),
    Column("at", Instant, nullable=False),
    Index(None, "evidence"),
    Index(None, "batch"),
)

once = Table(
    "once",  # what a request with an Idempotency-Key was answered
    metadata,
    Column("key", Words(64), primary_key=True),  # SHA-256 of who asks and the key
    Column("request", Words(64), nullable=False),  # SHA-256 of method, address and body
    Column("status", Integer),  # None = the answer was lost
    Column("headers", Words),
    Column("body", LargeBinary),
    Column("made_at", Instant, nullable=False),
)

filings = Table(
    "filings",
    metadata,
    Column("id", Words(32), primary_key=True),
    Column("park", Words(1000), nullable=False),
    Column("document", Words, nullable=False),  # JSON of graph.review.filing.Filing
    Column("changed_at", Instant, nullable=False),
    Index(None, "park"),
)

# "sessions" are those of people who signed in.
meetings = Table(
    "meetings",
    metadata,
    Column("id", Words(32), primary_key=True),
    Column("year", Integer, nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("document", Words, nullable=False),  # JSON of graph.review.meeting.Meeting
    Column("changed_at", Instant, nullable=False),
    UniqueConstraint("year", "ordinal"),
)

documents = Table(
    "documents",  # what `records.documents` keeps, of every kind
    metadata,
    Column("kind", Words(20), primary_key=True),
    Column("id", Words(32), primary_key=True),
    Column("park", Words(1000), nullable=False),  # whose operator may see it, "" = nobody's
    Column("document", Words, nullable=False),  # JSON
    Column("changed_at", Instant, nullable=False),
    Index(None, "kind", "park"),
)

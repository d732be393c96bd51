"""The tables of the records, as the newest migration leaves them."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

__all__ = [
    "accounts",
    "attachments",
    "attempts",
    "audit",
    "audit_head",
    "contacts",
    "metadata",
    "once",
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
    Column("id", String(32), primary_key=True),
    Column("kind", String(20), nullable=False),  # project | enterprise | expansion
    Column("candidate", String(1000), nullable=False),
    Column("name", Text, nullable=False),  # as it was called when it was picked
    Column("leader", String(1000), nullable=False),  # "" = the whole chain
    Column("chain", String(1000), nullable=False),
    Column("region", String(1000), nullable=False),
    Column("status", String(20), nullable=False),
    Column("note", Text, nullable=False),
    Column("added_at", DateTime(timezone=True), nullable=False),
    Column("added_by", Text, nullable=False, server_default=""),
    Column("version", Integer, nullable=False, server_default="1"),
    UniqueConstraint("kind", "candidate", "leader", "chain", "region"),
)

contacts = Table(
    "contacts",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("item", ForeignKey("shortlist.id", ondelete="CASCADE"), nullable=False),
    Column("on_day", Date, nullable=False),
    Column("who", Text, nullable=False),
    Column("result", Text, nullable=False),
    Column("written_at", DateTime(timezone=True), nullable=False),
    Column("written_by", Text, nullable=False, server_default=""),
    Index(None, "item"),
)

schemes = Table(
    "schemes",
    metadata,
    Column("name", String(100), primary_key=True),
    Column("fill", Float, nullable=False),
    Column("relatedness", Float, nullable=False),
    Column("tie", Float, nullable=False),
    Column("readiness", Float, nullable=False),
    Column("saved_at", DateTime(timezone=True), nullable=False),
    Column("saved_by", Text, nullable=False, server_default=""),
)

tasks = Table(
    "tasks",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("segment", String(1000), nullable=False),
    Column("region", String(1000), nullable=False),
    Column("leader", String(1000), nullable=False),  # "" = the whole chain
    Column("chain", String(1000), nullable=False),
    Column("reason", String(20), nullable=False),  # unknown | stale
    Column("assignee", Text, nullable=False),
    Column("due", Date, nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),
    Column("closed_at", DateTime(timezone=True)),
    Column("made_by", Text, nullable=False, server_default=""),
    Column("closed_by", Text, nullable=False, server_default=""),
    Index(None, "segment"),
)

audit = Table(
    "audit",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", String(32), nullable=False),  # text, so that what was hashed is what is read
    Column("actor", String(64), nullable=False),
    Column("name", Text, nullable=False),
    Column("role", String(20), nullable=False),
    Column("action", String(60), nullable=False),
    Column("object", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("algorithm", String(10), nullable=False),
    Column("hash", String(64), nullable=False),
    Index(None, "actor"),
    Index(None, "action"),
)

# One row: who appends locks it, so entries follow each other on every database.
audit_head = Table(
    "audit_head",
    metadata,
    Column("seq", Integer, nullable=False),
    Column("hash", String(64), nullable=False),
)

accounts = Table(
    "accounts",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("login", String(100), nullable=False),  # NFKC, case folded
    Column("name", Text, nullable=False),
    Column("role", String(20), nullable=False),
    Column("park", String(1000), nullable=False),  # of a park operator, else ""
    Column("department", Text, nullable=False),  # of a reviewer, else ""
    Column("fields", Text, nullable=False),  # JSON list: what an expert knows
    Column("password", String(300), nullable=False),  # argon2id
    Column("password_at", DateTime(timezone=True), nullable=False),
    Column("must_change", Boolean, nullable=False),
    Column("totp", String(64), nullable=False),  # base32 secret, "" = none
    Column("totp_step", Integer, nullable=False),  # the last 30-second step used
    Column("disabled_at", DateTime(timezone=True)),
    Column("made_at", DateTime(timezone=True), nullable=False),
    Column("version", Integer, nullable=False),
    UniqueConstraint("login"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", String(64), primary_key=True),  # SHA-256 of what the cookie holds
    Column("account", ForeignKey("accounts.id"), nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),
    Column("seen_at", DateTime(timezone=True), nullable=False),
    Index(None, "account"),
)

tokens = Table(
    "tokens",
    metadata,
    Column("id", String(64), primary_key=True),  # SHA-256 of the token
    Column("account", ForeignKey("accounts.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("scope", String(10), nullable=False),  # read | write
    Column("made_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Index(None, "account"),
)

attempts = Table(
    "attempts",  # to sign in, that failed
    metadata,
    Column("id", String(32), primary_key=True),
    Column("key", String(200), nullable=False),  # login:… or from:…
    Column("at", DateTime(timezone=True), nullable=False),
    Index(None, "key", "at"),
)

attachments = Table(
    "attachments",  # one row for each use of a file; the file is kept once by its hash
    metadata,
    Column("id", String(32), primary_key=True),
    Column("sha256", String(64), nullable=False),
    Column("object", String(200), nullable=False),  # what it belongs to, e.g. application/ID
    Column("name", Text, nullable=False),
    Column("type", String(100), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("added_by", Text, nullable=False),
    Column("added_at", DateTime(timezone=True), nullable=False),
    Index(None, "object"),
    Index(None, "sha256"),
)

once = Table(
    "once",  # what a request with an Idempotency-Key was answered
    metadata,
    Column("key", String(64), primary_key=True),  # SHA-256 of who asks and the key
    Column("request", String(64), nullable=False),  # SHA-256 of method, address and body
    Column("status", Integer),  # None = the answer was lost
    Column("headers", Text),
    Column("body", LargeBinary),
    Column("made_at", DateTime(timezone=True), nullable=False),
)

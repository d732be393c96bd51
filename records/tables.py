"""The tables of the records, as the newest migration leaves them."""

from __future__ import annotations

from sqlalchemy import (
    Column,
    Date,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

__all__ = ["audit", "audit_head", "contacts", "metadata", "schemes", "shortlist", "tasks"]

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

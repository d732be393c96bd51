"""Shortlists, contacts, weight schemes and tasks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "shortlist",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("candidate", sa.String(1000), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("leader", sa.String(1000), nullable=False),
        sa.Column("chain", sa.String(1000), nullable=False),
        sa.Column("region", sa.String(1000), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_shortlist"),
        sa.UniqueConstraint("kind", "candidate", "leader", "chain", "region", name="uq_shortlist"),
    )
    op.create_table(
        "contacts",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("item", sa.String(32), nullable=False),
        sa.Column("on_day", sa.Date, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("result", sa.Text, nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_contacts"),
        sa.ForeignKeyConstraint(
            ["item"], ["shortlist.id"], name="fk_contacts_item", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_contacts_item", "contacts", ["item"])
    op.create_table(
        "schemes",
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("fill", sa.Float, nullable=False),
        sa.Column("relatedness", sa.Float, nullable=False),
        sa.Column("tie", sa.Float, nullable=False),
        sa.Column("readiness", sa.Float, nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_schemes"),
    )
    op.create_table(
        "tasks",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("segment", sa.String(1000), nullable=False),
        sa.Column("region", sa.String(1000), nullable=False),
        sa.Column("leader", sa.String(1000), nullable=False),
        sa.Column("chain", sa.String(1000), nullable=False),
        sa.Column("reason", sa.String(20), nullable=False),
        sa.Column("assignee", sa.Text, nullable=False),
        sa.Column("due", sa.Date, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_tasks"),
    )
    op.create_index("ix_tasks_segment", "tasks", ["segment"])

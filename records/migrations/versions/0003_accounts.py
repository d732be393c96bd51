"""Accounts with their sessions and tokens, attachments, repeated requests, and who did what."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_BY = (("shortlist", "added_by"), ("contacts", "written_by"), ("schemes", "saved_by"))


def upgrade() -> None:
    """Make the tables; rows from before accounts were made by nobody in particular."""
    time = sa.DateTime(timezone=True)
    op.create_table(
        "accounts",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("login", sa.String(100), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("park", sa.String(1000), nullable=False),
        sa.Column("department", sa.Text, nullable=False),
        sa.Column("fields", sa.Text, nullable=False),
        sa.Column("password", sa.String(300), nullable=False),
        sa.Column("password_at", time, nullable=False),
        sa.Column("must_change", sa.Boolean, nullable=False),
        sa.Column("totp", sa.String(64), nullable=False),
        sa.Column("totp_step", sa.Integer, nullable=False),
        sa.Column("totp_next", sa.String(64), nullable=False),
        sa.Column("disabled_at", time),
        sa.Column("made_at", time, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_accounts"),
        sa.UniqueConstraint("login", name="uq_accounts"),
    )
    op.create_table(
        "sessions",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("account", sa.String(32), nullable=False),
        sa.Column("pending", sa.Boolean, nullable=False),
        sa.Column("made_at", time, nullable=False),
        sa.Column("seen_at", time, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sessions"),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name="fk_sessions_account"),
    )
    op.create_index("ix_sessions_account", "sessions", ["account"])
    op.create_table(
        "tokens",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("account", sa.String(32), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("scope", sa.String(10), nullable=False),
        sa.Column("made_at", time, nullable=False),
        sa.Column("expires_at", time, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_tokens"),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name="fk_tokens_account"),
    )
    op.create_index("ix_tokens_account", "tokens", ["account"])
    op.create_table(
        "attempts",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("key", sa.String(200), nullable=False),
        sa.Column("at", time, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_attempts"),
    )
    op.create_index("ix_attempts_key", "attempts", ["key", "at"])
    op.create_table(
        "attachments",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("object", sa.String(200), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("type", sa.String(100), nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("added_by", sa.Text, nullable=False),
        sa.Column("added_at", time, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_attachments"),
    )
    op.create_index("ix_attachments_object", "attachments", ["object"])
    op.create_index("ix_attachments_sha256", "attachments", ["sha256"])
    op.create_table(
        "recorded",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("evidence", sa.String(16), nullable=False),
        sa.Column("owner", sa.String(20), nullable=False),
        sa.Column("src", sa.String(1000), nullable=False),
        sa.Column("dst", sa.String(1000), nullable=False),
        sa.Column("key", sa.String(1000), nullable=False),
        sa.Column("field", sa.String(100), nullable=False),
        sa.Column("batch", sa.String(64), nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("at", time, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_recorded"),
    )
    op.create_index("ix_recorded_evidence", "recorded", ["evidence"])
    op.create_index("ix_recorded_batch", "recorded", ["batch"])
    op.create_table(
        "once",
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("request", sa.String(64), nullable=False),
        sa.Column("status", sa.Integer),
        sa.Column("headers", sa.Text),
        sa.Column("body", sa.LargeBinary),
        sa.Column("made_at", time, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_once"),
    )
    for table, column in _BY:
        op.add_column(table, sa.Column(column, sa.Text, nullable=False, server_default=""))
    op.add_column("tasks", sa.Column("made_by", sa.Text, nullable=False, server_default=""))
    op.add_column("tasks", sa.Column("closed_by", sa.Text, nullable=False, server_default=""))
    op.add_column("shortlist", sa.Column("version", sa.Integer, nullable=False, server_default="1"))

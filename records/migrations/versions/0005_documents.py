"""What follows a meeting and how projects are courted: one JSON document each."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "documents",
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("park", sa.String(1000), nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("kind", "id", name="pk_documents"),
    )
    op.create_index("ix_documents_kind", "documents", ["kind", "park"])

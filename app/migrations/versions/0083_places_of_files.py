"""Rows that carry the files of reports lie at numbers of their own, by which SQLite finds them in fewer steps."""

import sqlalchemy as sa
from alembic import op

revision = "0083"
down_revision = "0082"

# Of each table the key by which a row is known.
_KEYS = {
    "report_files": ["report_id"],
    "mailboxes": ["token_sha256"],
    "slots": ["token_sha256", "number"],
    "grants": ["id"],
}
_INDEXES = {"grants": {"ix_grants_subject": ["subject", "grantee"], "ix_grants_held": ["grantee", "subject"]}}
_MOST = 2**63 - 1
# What names one of them: table and column, what is named, and what becomes of the name when that goes.
_NAMED = (
    ("slots", "token_sha256", "mailboxes", "token_sha256", None),
    ("approvals", "grant_id", "grants", "id", "SET NULL"),
)


def upgrade() -> None:
    """Make the change. What is there lies anywhere. Older code reads it, and can add nothing."""
    if op.get_context().dialect.name == "sqlite":
        for table, key in _KEYS.items():
            _write_anew(table, key, is_placed=True)
        return
    _let_go()
    for table, key in _KEYS.items():
        op.add_column(table, sa.Column("place", sa.BigInteger(), nullable=True))
        op.execute(f"UPDATE {table} SET place = ('x' || substr(md5(random()::text), 1, 16))::bit(64)::bigint & {_MOST}")  # noqa: S608  our own
        op.alter_column(table, "place", nullable=False)
        _change_key(table, ["place"])
        op.create_unique_constraint(_unique(table, key), table, key)
    _hold_again()


def downgrade() -> None:
    """Take the change back."""
    if op.get_context().dialect.name == "sqlite":
        for table, key in _KEYS.items():
            _write_anew(table, key, is_placed=False)
        return
    _let_go()
    for table, key in _KEYS.items():
        op.drop_constraint(_unique(table, key), table)
        _change_key(table, key)
        op.drop_column(table, "place")
    _hold_again()


def _let_go() -> None:
    for table, column, *_ in _NAMED:
        op.drop_constraint(f"fk_{table}_{column}", table)


def _hold_again() -> None:
    for table, column, named, key, ondelete in _NAMED:
        op.create_foreign_key(f"fk_{table}_{column}", table, named, [column], [key], ondelete=ondelete)


def _change_key(table: str, key: list[str]) -> None:
    op.drop_constraint(f"pk_{table}", table)
    op.create_primary_key(f"pk_{table}", table, key)


def _unique(table: str, key: list[str]) -> str:
    return f"uq_{table}_{'_'.join(key)}"


def _write_anew(name: str, key: list[str], *, is_placed: bool) -> None:
    """SQLite has one key for the life of a table."""
    there = sa.inspect(op.get_bind())
    columns = [each for each in there.get_columns(name) if each["name"] != "place"]
    place = sa.Column("place", sa.Integer(), autoincrement=False, nullable=False)
    uniques = {each["name"]: each["column_names"] for each in there.get_unique_constraints(name)}
    uniques = {each: of for each, of in uniques.items() if of != key} | ({_unique(name, key): key} if is_placed else {})
    op.create_table(
        f"{name}_anew",
        *(
            sa.Column(
                each["name"],
                each["type"],
                nullable=each["nullable"],
                server_default=sa.text(each["default"]) if each["default"] else None,
            )
            for each in columns
        ),
        *([place] if is_placed else []),
        sa.PrimaryKeyConstraint(*(["place"] if is_placed else key), name=op.f(f"pk_{name}")),
        *(sa.UniqueConstraint(*of, name=op.f(str(each))) for each, of in uniques.items()),
        *(
            sa.ForeignKeyConstraint(
                each["constrained_columns"],
                [f"{each['referred_table']}.{column}" for column in each["referred_columns"]],
                name=op.f(str(each["name"])),
            )
            for each in there.get_foreign_keys(name)
        ),
        sqlite_with_rowid=is_placed,
    )
    names = ", ".join(each["name"] for each in columns)
    into, values = (f"place, {names}", f"random() & {_MOST}, {names}") if is_placed else (names, names)
    op.execute(f"INSERT INTO {name}_anew ({into}) SELECT {values} FROM {name}")  # noqa: S608  our own
    op.drop_table(name)
    op.rename_table(f"{name}_anew", name)
    for index, of in _INDEXES.get(name, {}).items():
        op.create_index(index, name, of)

"""What Alembic compares, and how a new column is written down in a revision with its CHECKs."""

from typing import TYPE_CHECKING, Any, Literal

from modeldex.storage.schema.ddl import REAL, TEXT, WHOLE, ByDialect

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from sqlalchemy import CheckConstraint, Column

_TYPES = {
    id(WHOLE): 'sa.BigInteger().with_variant(sa.Integer(), "sqlite")',
    id(REAL): 'sa.Double().with_variant(sa.REAL(), "sqlite")',
    id(TEXT): 'sa.Text().with_variant(sa.Text(collation="C"), "postgresql")',
}


def is_compared(
    _item: Any, _name: str | None, _kind: str, reflected: bool, compare_to: Any
) -> bool:
    """Whether Alembic compares it: not what users have added."""
    return not reflected or compare_to is not None


def render_item(kind: str, item: Any, _context: "AutogenContext") -> str | Literal[False]:
    """The text of a column that has CHECKs, for a revision; False leaves it to Alembic."""
    if kind != "column" or not item.constraints or id(item.type) not in _TYPES:
        return False
    parts = [repr(item.name), _TYPES[id(item.type)], *map(_check, _checks(item))]
    if item.server_default is not None:
        parts.append(f"server_default=sa.text({_text(item.server_default.arg)})")
    parts.append(f"nullable={item.nullable}")
    if item.comment:
        parts.append(f"comment={item.comment!r}")
    return f"sa.Column({', '.join(parts)})"


def _checks(column: "Column[Any]") -> "list[CheckConstraint]":
    return sorted(column.constraints, key=lambda check: str(check.name))  # type: ignore[arg-type]


def _check(check: "CheckConstraint") -> str:
    return f"sa.CheckConstraint({_text(check.sqltext)}, name={check.name!r})"


def _text(sql: Any) -> str:
    """Python text of an SQL text; of one with two dialects a choice between both."""
    if isinstance(sql, ByDialect):
        return f"{sql.texts!r}[op.get_context().dialect.name]"
    return repr(str(sql))

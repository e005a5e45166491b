"""Results as HTML tables for notebooks; whatever came from elsewhere is escaped."""

from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING

from modeldex.vocabulary.fields import BY_NAME
from modeldex.vocabulary.formatting import amount, tokens_in_short

if TYPE_CHECKING:
    from modeldex.vocabulary.values import ModelWithCapabilities

MOST = 100
"""Rows of a table."""

_HEADS = (
    "model", "tier", "score", "context", "input price", "output price", "tools", "vision", "remark",
)  # fmt: skip


def table(heads: Sequence[str], rows: Iterable[Sequence[object]], caption: str = "") -> str:
    """An HTML table; None is an empty cell, and a column without values is left out."""
    known = [[_text(each) for each in row] for row in rows]
    shown = [n for n in range(len(heads)) if not known or any(row[n] for row in known)]
    head = "".join(f"<th>{escape(heads[n])}</th>" for n in shown)
    body = "".join(
        f"<tr>{''.join(f'<td>{escape(row[n])}</td>' for n in shown)}</tr>" for row in known[:MOST]
    )
    more = f"<p>and {len(known) - MOST:,} more</p>" if len(known) > MOST else ""
    title = f"<caption>{escape(caption)}</caption>" if caption else ""
    return f"<table>{title}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{more}"


def model_table(model: "ModelWithCapabilities") -> str:
    """What is known of one model, one row per field, with its unit."""
    facts = [
        (name, value if isinstance(value, bool | frozenset) else amount(name, value),
         "" if BY_NAME[name].kind == "flag" else BY_NAME[name].unit)
        for name, value in model.capabilities.known().items()
    ]  # fmt: skip
    found = [("remark", model.remark, "")] if model.remark else []
    return table(("field", "value", "unit"), [*facts, *found], str(model))


def models_table(models: "Sequence[ModelWithCapabilities]") -> str:
    """Models with what ranks them, one row each."""
    number = f"{len(models):,} model{'' if len(models) == 1 else 's'}"
    return table(_HEADS, map(_row, models), number)


def _row(model: "ModelWithCapabilities") -> Sequence[object]:
    can, window = model.capabilities, model.usable_context
    return (
        model.id, can.known().get("quality_tier"), can.quality_score,
        tokens_in_short(window) if window else None,
        _price(can.input_cost_per_1m), _price(can.output_cost_per_1m),
        can.supports_tools, can.supports_vision, model.remark,
    )  # fmt: skip


def _price(usd: float | None) -> str | None:
    return None if usd is None else amount("cost", usd)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, frozenset):
        return ", ".join(sorted(map(str, value)))
    return "" if value is None else str(value)


class ModelList(list["ModelWithCapabilities"]):
    """A list of models that a notebook shows as a table."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        return models_table(self)

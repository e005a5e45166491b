"""What a field takes and what not, on its way from an answer to the file: one table for all."""

import math
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, NamedTuple

from modeldex.vocabulary.capability_fields import QualityTier
from modeldex.vocabulary.fields import FIELDS, MAX_ITEMS, Field
from modeldex.vocabulary.prices import PRICE_WORD


class Flavour(Enum):
    """An enumeration of somebody else."""

    BEST = "best"
    SOUR = "sour"


class Refused(NamedTuple):
    """What a refusal says."""

    reason: str


class Bound(NamedTuple):
    """What becomes of a value.

    `of` is a field, or a kind of fields. `stored` is what an answer with the value leaves in
    the file: nothing where it is None. `typed` is what the file does where a person types the
    value in SQL: the same, or it refuses what is repaired in an answer, or nobody asks.
    """

    of: str
    value: Any
    stored: object
    typed: str = ""


SAME, REPAIRED = "the same", "refused"
YES, NO = True, False

BOUNDS = [
    *(Bound(kind, None, None, SAME) for kind in {field.kind for field in FIELDS}),
    *(Bound(field.name, word, word, SAME) for field in FIELDS for word in field.choices),
    Bound("flag", YES, 1), Bound("flag", NO, 0),
    Bound("flag", 1, 1, SAME), Bound("flag", 0, 0, SAME),
    Bound("flag", 2, Refused("true or false"), SAME),
    Bound("flag", -1, Refused("true or false"), SAME),
    Bound("flag", "yes", Refused("true or false"), SAME),
    Bound("flag", 1.0, Refused("true or false")),
    Bound("flag", "", Refused("true or false"), SAME),
    Bound("flag", [], Refused("true or false")),
    Bound("count", 1, 1, SAME), Bound("count", 128_000, 128_000, SAME),
    Bound("count", 1.0, 1), Bound("count", 4096.0, 4096), Bound("count", Decimal(8192), 8192),
    *(Bound(f.name, int(f.high), int(f.high), SAME) for f in FIELDS if f.kind == "count"),
    *(
        Bound(f.name, int(f.high) + 1, Refused("above"), SAME) for f in FIELDS if f.kind == "count"
    ),
    Bound("count", 0, Refused("below 1"), SAME), Bound("count", -1, Refused("below 1"), SAME),
    Bound("count", YES, Refused("got bool")), Bound("count", 1.5, Refused("whole number")),
    Bound("count", "8192", Refused("got str")), Bound("count", "plenty", Refused("got str"), SAME),
    Bound("count", math.nan, Refused("finite")), Bound("count", math.inf, Refused("finite")),
    Bound("count", 2**70, Refused("above")), Bound("count", 1e300, Refused("above")),
    Bound("count", 10**400, Refused("above")),
    Bound("price", 0, 0.0, SAME), Bound("price", 3, 3.0, SAME), Bound("price", 0.15, 0.15, SAME),
    Bound("price", Decimal("0.15"), 0.15), Bound("price", 1_000_000, 1_000_000.0, SAME),
    Bound("price", -0.01, Refused("below 0"), SAME), Bound("price", -1, Refused("below 0"), SAME),
    Bound("price", 1_000_001, Refused("above"), SAME), Bound("price", NO, Refused("got bool")),
    Bound("price", "free", Refused("got str"), SAME), Bound("price", math.nan, Refused("finite")),
    Bound("price", -math.inf, Refused("finite")), Bound("price", Decimal("NaN"), Refused("finite")),
    Bound("price", Decimal("Infinity"), Refused("finite")),
    Bound("price", Decimal("sNaN"), Refused("NaN")), Bound("price", 10**400, Refused("above")),
    Bound("price", {}, Refused("got dict")), Bound("price", "plenty", Refused("got str"), SAME),
    Bound("price", 1_001_000.0, Refused("above"), SAME),
    Bound("rate", 0, 0.0, SAME), Bound("rate", 61.5, 61.5, SAME),
    Bound("rate", -1, Refused("below 0"), SAME), Bound("rate", 1e8, Refused("above"), SAME),
    Bound("speed_hint_tps", 1e7, Refused("above"), SAME),
    Bound("speed_hint_tps", 1_001_000.0, Refused("above"), SAME),
    Bound("ttft_ms", 10_010_000.0, Refused("above"), SAME),
    Bound("rate", 1j, Refused("got complex")), Bound("rate", "plenty", Refused("got str"), SAME),
    Bound("mode", " Chat ", "chat"), Bound("mode", "EMBEDDING", "embedding"),
    Bound("choice", "", None, REPAIRED), Bound("choice", "unknown", None, REPAIRED),
    Bound("choice", "UNKNOWN", None, REPAIRED), Bound("choice", QualityTier.UNKNOWN, None),
    Bound("quality_tier", Flavour.BEST, "best"),
    Bound("choice", "sour", Refused("expected one of"), SAME),
    Bound("choice", 1, Refused("expected text")), Bound("choice", YES, Refused("expected text")),
    Bound("choice", "chat\x00", Refused("control")),
    Bound("choice", Flavour.SOUR, Refused("expected one of")),
    Bound("date", "2026-11-22", "2026-11-22", SAME), Bound("date", "2026-11", "2026-11", SAME),
    Bound("date", date(2026, 11, 22), "2026-11-22"),
    Bound("date", datetime(2026, 11, 22, 9, 30, tzinfo=UTC), "2026-11-22"),
    Bound("date", "2026-11-22T09:30:00Z", "2026-11-22"), Bound("date", "", None, REPAIRED),
    Bound("date", "soon", Refused("expected a date"), SAME),
    Bound("date", "2026", Refused("expected a date"), SAME),
    Bound("date", "2026-13", Refused("expected a date"), SAME),
    Bound("date", "2026-00-01", Refused("expected a date")),
    Bound("date", "2026-11-32", Refused("expected a date"), SAME),
    Bound("date", "2026-02-32", Refused("expected a date"), SAME),
    Bound("date", "22.11.2026", Refused("expected a date")),
    Bound("date", "٢٠٢٦-11-22", Refused("expected a date")),
    Bound("date", "2026-11-22 or so", Refused("expected a date")),
    Bound("date", 20261122, Refused("expected text")),
    Bound("set", {"b", "a"}, "a,b"), Bound("set", ["b", "a", "b"], "a,b"),
    Bound("set", "b,a", "a,b"), Bound("set", "a,b", "a,b", SAME), Bound("set", ("top_p",), "top_p"),
    Bound("set", [" stop ", ""], "stop"), Bound("set", "a,,b", "a,b", REPAIRED),
    Bound("set", set(), None), Bound("set", [], None), Bound("set", "", None, REPAIRED),
    Bound("set", {"", " "}, None),
    Bound("set", 5, Refused("expected a set")), Bound("set", {"a": 1}, Refused("expected a set")),
    Bound("set", [1], Refused("expected text")), Bound("set", ["a b"], Refused("without blanks")),
    Bound("set", "a b", Refused("without blanks"), SAME),
    Bound("set", ["a,b"], Refused("without blanks")),
    Bound("set", ["ä"], Refused("without blanks")),
    Bound("set", ["a\x1b"], Refused("control")),
    Bound("set", [f"p{i}" for i in range(MAX_ITEMS + 1)], Refused("more than")),
    Bound("set", ["x" * 101], Refused("longer")), Bound("set", [None], Refused("expected text")),
    Bound("other_prices", "input/batch:1.25", "input/batch:1.25", SAME),
    Bound("other_prices", "", None, REPAIRED),
    Bound("other_prices", "a,,b", Refused("words such as input/batch"), SAME),
    Bound("other_prices", "a b", Refused("words such as input/batch"), SAME),
    Bound("endpoints", "/v1/responses", "/v1/responses", SAME),
    Bound("endpoints", ["responses", "v1/chat/completions/"], "/v1/chat/completions,/v1/responses"),
    Bound("endpoints", "", None, REPAIRED), Bound("endpoints", ["ws:/responses"], None),
    Bound("endpoints", "a b", Refused("without blanks"), SAME),
    Bound("effort_levels", "high,low", "high,low", SAME),
    Bound("effort_levels", ["Off", "x-high"], "none,xhigh"),
    Bound("effort_levels", "", None, REPAIRED),
    Bound("effort_levels", ["plenty"], Refused("one of none, minimal")),
    Bound("text", "Q4_K_M", "Q4_K_M", SAME), Bound("text", "  gpt-5  ", "gpt-5", REPAIRED),
    Bound("text", " x", "x", REPAIRED), Bound("text", "cafe\u0301", "café"),
    Bound("text", "漢字 ½", "漢字 ½", SAME), Bound("text", "x" * 200, "x" * 200, SAME),
    Bound("text", "", None, REPAIRED), Bound("text", "   ", None, REPAIRED),
    Bound("text", 5, Refused("expected text")), Bound("text", b"x", Refused("expected text")),
    Bound("text", "x" * 201, Refused("longer"), SAME),
    Bound("text", "\u0958" * 150, Refused("longer")), Bound("text", "a\x00b", Refused("control")),
    Bound("text", "a\x1b[2Jb", Refused("control"), SAME),
    Bound("text", "x\x1b[2J", Refused("control"), SAME),
    Bound("text", "a\nb", Refused("control"), SAME), Bound("text", "a\x9bb", Refused("control")),
    Bound("text", "a\u202eb", Refused("control")), Bound("text", "a\u200bb", Refused("control")),
    Bound("text", "a\ufeffb", Refused("control")), Bound("text", "a\ud800b", Refused("control")),
    Bound("text", "a\ue000b", Refused("control")),
    Bound("text", "a\U000e0041b", Refused("control")),
]  # fmt: skip


def _is_spelled(field: Field) -> bool:
    """Whether the words of a set have a form of their own."""
    return field.kind == "set" and (field.pattern is PRICE_WORD or field.spelling is not str)


CASES = [
    (field, bound)
    for field in FIELDS
    for bound in BOUNDS
    if bound.of == field.name
    or (bound.of == field.kind and (bound.value is None or not _is_spelled(field)))
]
"""Each field with every bound that holds for it."""


def rule(field: Field, value: object) -> str:
    """What the file says where it refuses a value: the name of the rule, or of the column."""
    if isinstance(value, str) and field.column_type != "TEXT":
        return f"cannot store TEXT value in {field.column_type} column"
    return field.name + {
        "flag": "_is_0_or_1",
        "choice": f"_is_{(*field.choices, '')[0]}",
        "date": "_is_a_date",
        "set": "_is_words",
        "text": "_is_1_to_200",
    }.get(field.kind, "_is_between")

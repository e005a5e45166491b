"""What each kind of field accepts from outside, and how it comes back."""

import math
import sqlite3
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modeldex.fields import BY_NAME, FIELDS, MAX_ITEMS, NAMES, Field, clean_text, printable
from modeldex.values import QualityTier
from storage import in_memory, undone
from strategies import Opinion, opinion

ONE_OF = {field.kind: field for field in reversed(FIELDS)}
"""The first field of each kind."""


class Flavour(Enum):
    """An enumeration of somebody else."""

    BEST = "best"
    SOUR = "sour"


GOOD = [
    ("flag", True, 1), ("flag", False, 0), ("flag", 1, 1), ("flag", 0, 0),
    ("count", 1, 1), ("count", 128_000, 128_000), ("count", 1.0, 1), ("count", 4096.0, 4096),
    ("count", Decimal(8192), 8192),
    ("price", 0, 0.0), ("price", 3, 3.0), ("price", 0.15, 0.15), ("price", Decimal("0.15"), 0.15),
    ("price", 1_000_000, 1_000_000.0),
    ("rate", 0, 0.0), ("rate", 61.5, 61.5),
    ("choice", "chat", "chat"), ("choice", " Chat ", "chat"), ("choice", "EMBEDDING", "embedding"),
    ("date", "2026-11-22", "2026-11-22"), ("date", "2026-11", "2026-11"),
    ("date", date(2026, 11, 22), "2026-11-22"),
    ("date", datetime(2026, 11, 22, 9, 30, tzinfo=UTC), "2026-11-22"),
    ("date", "2026-11-22T09:30:00Z", "2026-11-22"),
    ("set", {"b", "a"}, "a,b"), ("set", ["b", "a", "b"], "a,b"), ("set", "b,a", "a,b"),
    ("set", ("top_p",), "top_p"), ("set", [" stop ", ""], "stop"),
    ("text", "Q4_K_M", "Q4_K_M"), ("text", "  gpt-5  ", "gpt-5"), ("text", "cafe\u0301", "café"),
    ("text", "漢字 ½", "漢字 ½"),
]  # fmt: skip

NO_OPINION: list[tuple[str, object]] = [
    *[(kind, None) for kind in ONE_OF],
    ("choice", ""), ("choice", "unknown"), ("choice", "UNKNOWN"), ("choice", QualityTier.UNKNOWN),
    ("set", set()), ("set", []), ("set", ""), ("set", {"", " "}),
    ("text", ""), ("text", "   "), ("date", ""),
]  # fmt: skip

REFUSED = [
    ("flag", 2, "true or false"), ("flag", "yes", "true or false"), ("flag", 1.0, "true or false"),
    ("flag", "", "true or false"), ("flag", [], "true or false"),
    ("count", 0, "below 1"), ("count", -1, "below 1"), ("count", True, "got bool"),
    ("count", 1.5, "whole number"), ("count", "8192", "got str"), ("count", math.nan, "finite"),
    ("count", math.inf, "finite"), ("count", 2**70, "above"), ("count", 1e300, "above"),
    ("count", 10**400, "above"),
    ("price", -0.01, "below 0"), ("price", 1_000_001, "above"), ("price", False, "got bool"),
    ("price", "free", "got str"), ("price", math.nan, "finite"), ("price", -math.inf, "finite"),
    ("price", Decimal("NaN"), "finite"), ("price", Decimal("Infinity"), "finite"),
    ("price", Decimal("sNaN"), "NaN"), ("price", 10**400, "above"), ("price", {}, "got dict"),
    ("rate", -1, "below 0"), ("rate", 1e7, "above"), ("rate", 1j, "got complex"),
    ("choice", "sour", "expected one of"), ("choice", 1, "expected text"),
    ("choice", True, "expected text"), ("choice", "chat\x00", "control"),
    ("choice", Flavour.SOUR, "expected one of"),
    ("date", "soon", "expected a date"), ("date", "2026", "expected a date"),
    ("date", "2026-13", "expected a date"), ("date", "2026-00-01", "expected a date"),
    ("date", "2026-11-32", "expected a date"), ("date", "22.11.2026", "expected a date"),
    ("date", "٢٠٢٦-11-22", "expected a date"), ("date", "2026-11-22 or so", "expected a date"),
    ("date", 20261122, "expected text"),
    ("set", 5, "expected a set"), ("set", {"a": 1}, "expected a set"),
    ("set", [1], "expected text"),
    ("set", ["a b"], "without blanks"), ("set", ["a,b"], "without blanks"),
    ("set", ["ä"], "without blanks"), ("set", ["a\x1b"], "control"),
    ("set", [f"p{i}" for i in range(MAX_ITEMS + 1)], "more than"), ("set", ["x" * 101], "longer"),
    ("set", [None], "expected text"),
    ("text", 5, "expected text"), ("text", b"x", "expected text"), ("text", "x" * 201, "longer"),
    ("text", "\u0958" * 150, "longer"),
    ("text", "a\x00b", "control"), ("text", "a\x1b[2Jb", "control"), ("text", "a\nb", "control"),
    ("text", "a\x9bb", "control"), ("text", "a\u202eb", "control"), ("text", "a\u200bb", "control"),
    ("text", "a\ufeffb", "control"), ("text", "a\ud800b", "control"),
    ("text", "a\ue000b", "control"), ("text", "a\U000e0041b", "control"),
]  # fmt: skip


def named(cases: Iterable[tuple[object, ...]]) -> list[str]:
    """Short ids that are the same in every process: sets have no fixed order."""
    return [f"{case[0]}-{number}" for number, case in enumerate(cases)]


@pytest.mark.parametrize(("kind", "given", "stored"), GOOD, ids=named(GOOD))
def test_good_values_are_stored_in_one_form(kind: str, given: object, stored: object) -> None:
    """A value is kept in the form of its column: ints, floats, sorted words, NFC text."""
    clean = ONE_OF[kind].clean(given)
    assert (clean, type(clean)) == (stored, type(stored))


@pytest.mark.parametrize(("kind", "given"), NO_OPINION, ids=named(NO_OPINION))
def test_emptiness_is_no_opinion(kind: str, given: object) -> None:
    """None, empty texts, empty sets and `unknown` are stored as NULL."""
    assert ONE_OF[kind].clean(given) is None


@pytest.mark.parametrize(("kind", "given", "reason"), REFUSED, ids=named(REFUSED))
def test_what_cannot_be_a_fact_is_refused(kind: str, given: object, reason: str) -> None:
    """A value of the wrong type, size or shape raises ValueError, which says why."""
    with pytest.raises(ValueError, match=reason):
        ONE_OF[kind].clean(given)


def test_an_enumeration_counts_by_its_value() -> None:
    """Another package's enum with the same words is understood."""
    assert BY_NAME["quality_tier"].clean(Flavour.BEST) == "best"


@pytest.mark.parametrize("kind", ["text", "choice", "date", "set"])
def test_ten_megabytes_are_refused(kind: str) -> None:
    """A huge text is refused by its length."""
    huge: object = "a\u0301" * 5_000_000
    with pytest.raises(ValueError, match="longer than"):
        ONE_OF[kind].clean([huge] if kind == "set" else huge)


@pytest.mark.parametrize(
    ("name", "stored", "value"),
    [
        ("supports_tools", 1, True),
        ("supports_tools", 0, False),
        ("known_params", "a,b", frozenset({"a", "b"})),
        ("max_context", 8192, 8192),
        ("input_cost_per_1m", 0.0, 0.0),
        ("mode", "chat", "chat"),
        ("known_params", None, None),
        ("supports_tools", None, None),
    ],
)
def test_stored_values_come_back(name: str, stored: float | str | None, value: object) -> None:
    """Flags come back as bool, sets as frozenset, unknown as None."""
    restored = BY_NAME[name].restore(stored)
    assert (restored, type(restored)) == (value, type(value))


@settings(max_examples=200, deadline=None)
@given(known=opinion())
def test_cleaning_what_was_restored_changes_nothing(known: Opinion) -> None:
    """A stored value survives the way to Python and back."""
    back = {
        name: BY_NAME[name].clean(BY_NAME[name].restore(value)) for name, value in known.items()
    }
    assert back == known


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12) | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)
LIKELY = st.one_of(
    st.from_regex(r"\d{4}-\d\d(-\d\d)?(T\d\d:\d\d)?", fullmatch=True),
    st.floats(0, 1e9),
    st.integers(0, 10**9).map(float),
    st.decimals(),
    st.sets(st.text(min_size=1, max_size=4), max_size=4),
    st.text("a\u0958\u0301 ", min_size=150, max_size=200),
)


@pytest.fixture(scope="module")
def catalog() -> Iterator[sqlite3.Connection]:
    """A catalog with one model."""
    with in_memory() as connection:
        connection.execute("INSERT INTO models (provider, name) VALUES ('acme', 'alpha')")
        yield connection


@settings(max_examples=500, deadline=None)
@given(field=st.sampled_from(FIELDS), value=ANYTHING | LIKELY)
def test_whatever_is_accepted_the_table_accepts_too(
    catalog: sqlite3.Connection, field: Field, value: object
) -> None:
    """Python's rule is at least as strict as the CHECK: what is clean can be stored."""
    try:
        clean = field.clean(value)
    except ValueError:
        clean = None
    with undone(catalog):
        catalog.execute(
            f"INSERT INTO capabilities (model_id, resolver, {field.name}) VALUES (1, 'user', ?)",
            (clean,),
        )
        assert catalog.execute(f"SELECT {field.name} FROM catalog").fetchone() == (clean,)


@settings(max_examples=200, deadline=None)
@given(text=st.text(max_size=20))
def test_a_clean_text_is_printable_trimmed_and_stable(text: str) -> None:
    """Cleaning twice is cleaning once, and what comes out can be shown anywhere."""
    try:
        clean = clean_text(text)
    except ValueError:
        clean = ""
    assert printable(clean)
    assert (clean, clean.strip()) == (clean_text(clean), clean)


def test_names_are_unique() -> None:
    """The vocabulary names each field once."""
    assert len(set(NAMES)) == len(FIELDS)


@pytest.mark.parametrize("field", FIELDS, ids=NAMES)
def test_each_field_says_what_it_means(field: Field) -> None:
    """Every field has a unit and a meaning that fit into a comment."""
    assert field.unit
    assert field.meaning
    assert "\n" not in field.unit + field.meaning

"""What each kind of field accepts from outside, and how it comes back."""

import sqlite3
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bounds import CASES, Refused
from field_strategies import Opinion, opinion
from modeldex.vocabulary.fields import BY_NAME, FIELDS, NAMES, Field
from modeldex.vocabulary.text import clean_text, printable
from raw_catalog import in_memory, undone


def outcome(field: Field, value: object) -> object:
    """What a field makes of a value, with the type: 1, 1.0 and True are three things."""
    try:
        clean = field.clean(value)
    except ValueError as refused:
        return Refused(str(refused))
    return clean, type(clean)


def test_a_value_is_stored_in_one_form_or_refused() -> None:
    """Ints, floats, sorted words, NFC text; emptiness is NULL; a refusal says why."""
    found = [(field.name, bound, outcome(field, bound.value)) for field, bound in CASES]
    assert [
        (name, bound, got)
        for name, bound, got in found
        if not (
            isinstance(got, Refused) and bound.stored.reason in got.reason
            if isinstance(bound.stored, Refused)
            else got == (bound.stored, type(bound.stored))
        )
    ] == []
    assert {field for field, _ in CASES} == set(FIELDS)


def test_ten_megabytes_are_refused() -> None:
    """A huge text is refused by its length."""
    huge = "a\u0301" * 5_000_000
    for name in ("quantization", "mode", "release_date", "known_params"):
        field = BY_NAME[name]
        with pytest.raises(ValueError, match="longer than"):
            field.clean([huge] if field.kind == "set" else huge)


BACK: list[tuple[str, float | str | None, object]] = [
    ("supports_tools", 1, True),
    ("supports_tools", 0, False),
    ("known_params", "a,b", frozenset({"a", "b"})),
    ("max_context", 8192, 8192),
    ("input_cost_per_1m", 0.0, 0.0),
    ("mode", "chat", "chat"),
    ("known_params", None, None),
    ("supports_tools", None, None),
]


def test_stored_values_come_back() -> None:
    """Flags come back as bool, sets as frozenset, unknown as None."""
    restored = [(name, stored, BY_NAME[name].restore(stored)) for name, stored, _ in BACK]
    assert restored == BACK
    assert [type(value) for _, _, value in restored] == [type(value) for _, _, value in BACK]


@settings(max_examples=100, deadline=None)
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


@settings(max_examples=250, deadline=None)
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


@settings(max_examples=100, deadline=None)
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


def test_each_field_says_what_it_means() -> None:
    """Every field has a unit and a meaning that fit into a comment."""
    texts = {field.name: (field.unit, field.meaning) for field in FIELDS}
    assert {name for name, both in texts.items() if not all(both) or "\n" in "".join(both)} == set()

"""The edge: foreign answers become clean rows; what cannot be a fact is dropped and counted."""

from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bounds import CASES, Refused
from modeldex import ModelCapabilities, ModelSpec, QualityTier
from modeldex.vocabulary.fields import NAMES
from modeldex.vocabulary.normalize import (
    Dropped,
    Identity,
    clean_name,
    clean_provider,
    identity,
    normalize_answer,
)
from modeldex.vocabulary.text import printable

HOSTILE = ["a\x00b", "a\x1b]0;t\x07", "a\u202eb", "a\u200bb", "a\ud800b", "a\x85b", "a\nb"]
HALVES, DETAILS = ("provider", "name"), ("family", "display_name")


# Capabilities.


@pytest.mark.parametrize(
    "said",
    [
        ModelCapabilities(
            max_context=8192, supports_tools=False, known_params=frozenset({"b", "a"})
        ),
        SimpleNamespace(max_context=8192, supports_tools=False, known_params=["b", "a"]),
        {"max_context": 8192, "supports_tools": False, "known_params": "a,b"},
    ],
    ids=["value", "any object", "mapping"],
)
def test_an_answer_may_be_a_value_an_object_or_a_mapping(said: object) -> None:
    """The three forms of one answer become the same stored values."""
    assert normalize_answer("acme/alpha", said) == (
        {"max_context": 8192, "supports_tools": 0, "known_params": "a,b"},
        [],
    )


@pytest.mark.parametrize(
    "said",
    [
        None, {}, ModelCapabilities(), SimpleNamespace(), "text", 5,
        {"quality_tier": QualityTier.UNKNOWN, "known_params": set(), "max_context": None},
    ],
    ids=repr,
)  # fmt: skip
def test_an_answer_without_facts_claims_nothing(said: object) -> None:
    """No opinion and no answer at all leave nothing behind, and nothing to complain about."""
    assert normalize_answer("acme/alpha", said) == ({}, [])


def test_a_value_is_claimed_as_its_field_takes_it_or_dropped() -> None:
    """Of an answer each value arrives in its one form, is no opinion, or is named with a reason."""
    wrong = []
    for field, bound in CASES:
        values, dropped = normalize_answer("m", {field.name: bound.value})
        if isinstance(bound.stored, Refused):
            lost = [("m", field.name, bound.stored.reason in d.reason) for d in dropped]
            good = (values, lost) == ({}, [("m", field.name, True)])
        else:
            known = {} if bound.stored is None else {field.name: bound.stored}
            good = (values, dropped) == (known, [])
        wrong += [] if good else [(field.name, bound, values, dropped)]
    assert wrong == []


def test_zero_and_false_are_claims() -> None:
    """What is falsy in Python is still a fact."""
    values, _ = normalize_answer("acme/alpha", {"input_cost_per_1m": 0, "supports_vision": False})
    assert values == {"input_cost_per_1m": 0.0, "supports_vision": 0}


def test_a_bad_value_costs_only_itself() -> None:
    """The good part of an answer is kept; each bad value is dropped with field and reason."""
    values, dropped = normalize_answer(
        "acme/alpha",
        {"max_context": -1, "input_cost_per_1m": True, "mode": "sour", "supports_tools": True},
    )
    assert values == {"supports_tools": 1}
    assert dropped == [
        Dropped("acme/alpha", "max_context", "below 1"),
        Dropped("acme/alpha", "mode", dropped[1].reason),
        Dropped("acme/alpha", "input_cost_per_1m", "expected a number, got bool"),
    ]


@pytest.mark.parametrize("limit", ["max_input_tokens", "max_output_tokens"])
def test_a_limit_above_the_window_of_the_same_answer_is_the_window(limit: str) -> None:
    """It is counted as dropped; without a window, or below it, a limit is as stated."""
    values, dropped = normalize_answer("acme/alpha", {"max_context": 1000, limit: 1001})
    assert values == {"max_context": 1000, limit: 1000}
    assert dropped == [Dropped("acme/alpha", limit, "above max_context: taken as that")]
    for said in ({limit: 1001}, {"max_context": 1000, limit: 1000}):
        assert normalize_answer("acme/alpha", said) == (said, [])


def test_a_field_that_does_not_exist_is_dropped_by_name() -> None:
    """A misspelt field of a mapping is counted; its name is safe to show."""
    _, dropped = normalize_answer("acme/alpha", {"max_contxt": 5, "\x1b[2J": 1, 7: 1})
    assert sorted(d.field for d in dropped) == ["'\\x1b[2J'", "'max_contxt'", "7"]
    assert {d.reason for d in dropped} == {"no such field"}


def exploding() -> Iterator[str]:
    """A set that fails half-way."""
    yield "a"
    raise TypeError("half-way")


def test_a_value_that_fails_while_it_is_read_is_dropped() -> None:
    """A generator that raises costs the field, not the answer."""
    values, dropped = normalize_answer(
        "acme/alpha", {"known_params": exploding(), "max_context": 1}
    )
    assert values == {"max_context": 1}
    assert [d.field for d in dropped] == ["known_params"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=5,
)


@settings(max_examples=150, deadline=None)
@given(said=st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=5), JSON, max_size=6) | JSON)
def test_no_payload_breaks_the_edge(said: object) -> None:
    """Any JSON gives storable values or reasons, never an error."""
    values, dropped = normalize_answer("acme/alpha", said)
    assert set(values) <= set(NAMES)
    assert {type(value) for value in values.values()} <= {int, float, str}
    assert all(printable(d.field) for d in dropped)


# Identity.


@pytest.mark.parametrize(
    "spec",
    [
        ModelSpec(provider="acme", name="alpha", family="al", aliases=("a", "alfa")),
        SimpleNamespace(provider="ACME", name=" alpha ", family="al", aliases=["alfa", "a", "a"]),
        {"provider": "acme", "name": "alpha", "family": "al", "aliases": {"a", "alfa", "alpha"}},
    ],
    ids=["value", "any object", "mapping"],
)
def test_a_spec_may_be_a_value_an_object_or_a_mapping(spec: object) -> None:
    """The three forms of one identity are the same: lower-case provider, sorted aliases."""
    assert identity(spec) == (Identity("acme", "alpha", "al", None, ("a", "alfa")), [])


NOBODY: list[tuple[object, str]] = [
    ({"name": "alpha"}, "provider"),
    ({"provider": "", "name": "alpha"}, "provider"),
    ({"provider": "a b", "name": "alpha"}, "provider"),
    ({"provider": "-acme", "name": "alpha"}, "provider"),
    ({"provider": "akmé", "name": "alpha"}, "provider"),
    ({"provider": 5, "name": "alpha"}, "provider"),
    ({"provider": "a" * 65, "name": "alpha"}, "provider"),
    ({"provider": "acme"}, "name"),
    ({"provider": "acme", "name": ""}, "name"),
    ({"provider": "acme", "name": "  "}, "name"),
    ({"provider": "acme", "name": "x" * 201}, "name"),
    ({"provider": "acme", "name": True}, "name"),
    (None, "provider"),
    ("acme/alpha", "provider"),
]


def test_without_provider_or_name_there_is_no_model() -> None:
    """What names no offer is dropped, once, and the reason says which half is missing."""
    found = [(spec, identity(spec)) for spec, _ in NOBODY]
    assert [(spec, who, [d.field for d in lost]) for spec, (who, lost) in found] == [
        (spec, None, [field]) for spec, field in NOBODY
    ]


def test_a_name_of_ten_megabytes_is_no_name() -> None:
    """It is dropped like any other that is too long."""
    found, dropped = identity({"provider": "acme", "name": "x" * 10_000_000})
    assert (found, [d.field for d in dropped]) == (None, ["name"])


def test_a_hostile_identity_is_refused() -> None:
    """Control, bidi, zero-width and surrogate characters never enter; nor does the report."""
    specs = [{"provider": "acme", "name": "alpha"} | {f: t} for f in HALVES for t in HOSTILE]
    assert [spec for spec in specs if identity(spec)[0] is not None] == []
    reports = ["".join(d) for spec in specs for d in identity(spec)[1]]
    assert len(reports) == len(specs)
    assert [report for report in reports if not printable(report)] == []


def test_a_hostile_detail_costs_only_itself() -> None:
    """The model stays, without the text that cannot stand."""
    for field in DETAILS:
        for text in HOSTILE:
            found, dropped = identity({"provider": "acme", "name": "alpha", field: text})
            told = (found, [(d.model, d.field) for d in dropped])
            assert told == (Identity("acme", "alpha"), [("acme/alpha", field)]), (field, text)


def test_bad_aliases_are_dropped_one_by_one() -> None:
    """Good aliases stay; the name itself is no alias."""
    found, dropped = identity(
        {"provider": "acme", "name": "alpha", "aliases": ["b", "", None, 5, "x\x00", "alpha", "a"]}
    )
    assert found == Identity("acme", "alpha", None, None, ("a", "b"))
    assert [d.field for d in dropped] == ["aliases", "aliases"]


def test_what_is_no_list_of_aliases_is_none() -> None:
    """A text is not taken apart into letters."""
    for aliases in (None, 5, "text", (), [None]):
        found, _ = identity({"provider": "acme", "name": "alpha", "aliases": aliases})
        assert found == Identity("acme", "alpha"), aliases


def test_names_are_normalised() -> None:
    """Two ways to write an accent are one name."""
    names = {clean_name("cafe\u0301"), clean_name("caf\u00e9"), clean_name(" café ")}
    assert names == {"café"}


def test_names_are_otherwise_kept_as_they_are() -> None:
    """A name is what the API expects: case, slashes, blanks and other scripts stay."""
    names = ["meta-llama/Llama-3.3:free", "gpt 4", "模型", "a@b#c%d?e"]
    assert [clean_name(name) for name in names] == names


def test_provider_ids_are_lower_case_words() -> None:
    """Letters, digits, dots, dashes and underscores make an id."""
    ids = ["openai", "azure_openai", "x-ai", "01.ai", " OpenAI "]
    assert [clean_provider(each) for each in ids] == [*ids[:-1], "openai"]


@settings(max_examples=150, deadline=None)
@given(
    spec=JSON
    | st.fixed_dictionaries(
        {"provider": st.text(max_size=6) | JSON, "name": st.text(max_size=6) | JSON},
        optional={"aliases": JSON, "family": JSON, "display_name": JSON},
    )
)
def test_no_spec_breaks_the_edge(spec: object) -> None:
    """Any JSON is a clean identity or a reason, never an error."""
    found, dropped = identity(spec)
    assert found is not None or dropped
    assert all(printable("".join(d)) for d in dropped)
    texts = [t for t in (found or ()) if isinstance(t, str)]
    assert all(printable(text) for text in texts)

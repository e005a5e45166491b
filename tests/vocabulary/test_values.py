"""The public values: how they read, and how capabilities merge."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from modeldex import (
    ModelCapabilities,
    ModelQuery,
    ModelSpec,
    ModelWithCapabilities,
    QualityTier,
    RefreshReport,
    StepReport,
)
from modeldex.vocabulary import values
from modeldex.vocabulary.fields import FIELDS, NAMES
from query_oracle import FACTS

PACKAGE = Path(values.__file__).parent
CAPABILITIES = st.fixed_dictionaries(FACTS).map(lambda facts: ModelCapabilities(**facts))
SPEC = ModelSpec(provider="openai", name="gpt-4o")


def test_a_model_is_one_line() -> None:
    """Str and repr of a model say what it is, what it can do and what it costs."""
    facts = ModelCapabilities(
        max_context=128_000, supports_tools=True, supports_vision=True, input_cost_per_1m=2.5,
        output_cost_per_1m=10, known_params={"seed", "top_p"},
    )  # fmt: skip
    model = ModelWithCapabilities(spec=SPEC, capabilities=facts)
    line = "openai:gpt-4o (tools, vision, 128k ctx, $2.50/$10)"
    assert str(model) == line
    assert repr(model) == f"<ModelWithCapabilities {line}>"
    assert str(SPEC) == "openai:gpt-4o"


def test_what_is_unknown_is_not_shown() -> None:
    """A repr has known values only, and a model of which nothing is known says so."""
    assert (
        repr(ModelCapabilities(supports_tools=False)) == "ModelCapabilities(supports_tools=False)"
    )
    assert repr(ModelQuery(requires_tools=True)) == "ModelQuery(requires_tools=True)"
    assert str(ModelCapabilities()) == "nothing known"
    assert str(ModelCapabilities(max_context=8192, input_cost_per_1m=1)) == "8192 ctx, $1/$?"


def test_every_public_field_has_a_description() -> None:
    """A field says what it means in its model, in the JSON schema and to editors."""
    models = (ModelSpec, ModelCapabilities, ModelWithCapabilities, ModelQuery)
    for model in models:
        fields, schema = model.model_fields, model.model_json_schema()["properties"]
        assert [name for name, field in fields.items() if not field.description] == []
        assert [name for name, field in schema.items() if not field.get("description")] == []
    for row in FIELDS:
        known = ModelCapabilities.model_fields[row.name]
        assert known.description == f"{row.meaning} ({row.unit})"
    stubs = [
        (PACKAGE / f"{name}.pyi").read_text("utf-8")
        for name in ("capability_fields", "model_query")
    ]
    for name, field in {**ModelCapabilities.model_fields, **ModelQuery.model_fields}.items():
        text = f'"""{field.description}"""'
        assert any(f"    {name}: " in stub and text in stub for stub in stubs), name


def test_reports_are_one_line() -> None:
    """A report of a refresh says how it went and what failed."""
    steps = (
        StepReport("source", "env", "ok", changed=3),
        StepReport("source", "groq_api", "failed", problem="key"),
    )
    assert str(RefreshReport(steps)) == "partial: 2 steps, 3 rows changed; failed: groq_api (key)"
    assert repr(RefreshReport(skipped=True)) == (
        "<RefreshReport skipped: another refresh is running>"
    )


@given(low=CAPABILITIES, high=CAPABILITIES)
def test_the_higher_opinion_wins_field_by_field(
    low: ModelCapabilities, high: ModelCapabilities
) -> None:
    """merge() takes each known value of the other, False and 0 among them, and keeps the rest."""
    merged = low.merge(high)
    for name in NAMES:
        wins = high if name in high.known() else low
        assert getattr(merged, name) == getattr(wins, name), name


@given(facts=CAPABILITIES)
def test_an_empty_opinion_changes_nothing(facts: ModelCapabilities) -> None:
    """None, the empty set and QualityTier.UNKNOWN are no opinion, on either side."""
    empty = ModelCapabilities(known_params=frozenset(), quality_tier=QualityTier.UNKNOWN)
    assert facts.merge(empty) == facts
    assert empty.merge(facts) == facts


def test_a_speed_may_be_given_by_the_name_that_chuk_llm_uses() -> None:
    """tokens_per_second is taken for speed_hint_tps."""
    assert ModelCapabilities(tokens_per_second=30.0).speed_hint_tps == 30.0  # type: ignore[call-arg]

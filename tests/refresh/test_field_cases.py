"""Addresses, details and numbers as hosts of the field have them, replayed into a catalog."""

import json
from collections.abc import Callable, Mapping

import pytest

from checkout import SHARED
from command_line import run_command, seem_loaded
from field_host import Field
from misbehaving_host import StandIn, ok
from modeldex.refresh.defaults import default_parts
from modeldex.refresh.part import part_name
from modeldex.refresh.run import RefreshReport, refresh
from modeldex.storage.location import Place
from raw_catalog import bare

CASES = SHARED / "fixtures" / "field"
COLUMNS = (
    "max_context", "served_context", "max_input_tokens", "supports_tools", "supports_vision",
    "mode", "input_cost_per_1m", "output_cost_per_1m", "price_basis",
)  # fmt: skip
VISION = {
    "max_context": 262_144, "served_context": 122_880, "supports_tools": 1, "supports_vision": 1,
    "mode": "chat", "input_cost_per_1m": 0.0, "output_cost_per_1m": 0.0,
    "price_basis": "self_hosted",
}  # fmt: skip
RIGHT: dict[str, tuple[str, list[dict[str, dict[str, object]]], str]] = {
    "F08-lmstudio-200": ("lmstudio", [{"small-vlm": VISION}], "/api/v0/models"),
    "F09-lmstudio-native-root": ("lmstudio", [{"small-vlm": VISION}], "/api/v1/models"),
    "F10-azure-v1-root": ("azure_openai", [{"gpt-5.1": {"mode": "chat"}}], "/openai/models"),
    "F13-litellm-virtual-key": (
        "litellm_proxy", [{"team-chat": {}, "team-embed": {}}], "/v1/models; refused: /model/info",
    ),
    "F14-litellm-wildcard-alias": (
        "litellm_proxy",
        [
            {"lab/small": {}, "sonnet": {},
             "vertex/sonnet": {"max_input_tokens": 200_000, "mode": "chat"}},
            {"lab/small": {}},
        ],
        "/v1/models, /model/info",
    ),
    "F15-litellm-numbers-as-text": (
        "litellm_proxy",
        [{"opus-gw": {
            "max_input_tokens": 200_000, "mode": "chat", "input_cost_per_1m": 5.0,
            "output_cost_per_1m": 25.0, "price_basis": "metered",
        }}],
        "/model/info",
    ),
}  # fmt: skip
"""By case: the provider, per step the models that are live with their facts, what answered."""


async def refreshed(place: Place, provider: str, environ: Mapping[str, str]) -> RefreshReport:
    """Ask one provider as the default parts would, and store what it says."""
    parts = default_parts({**environ, "MODELDEX_FEEDS": "0"})
    return await refresh(
        place,
        [part for part in parts.sources if part_name(part) == provider],
        [part for part in parts.resolvers if part_name(part) == f"{provider}_api"],
    )


def live(place: Place, provider: str) -> dict[str, dict[str, object]]:
    """The facts that a provider states about each model that it lists now."""
    with bare(place) as connection:
        rows = connection.execute(
            f"SELECT m.name, {', '.join(f'c.{column}' for column in COLUMNS)} FROM models m "
            "JOIN sightings s ON s.model_id = m.id AND s.source = ? AND s.missing_since IS NULL "
            "LEFT JOIN capabilities c ON c.model_id = m.id AND c.resolver = ?",
            (provider, f"{provider}_api"),
        ).fetchall()
    return {
        name: {key: value for key, value in zip(COLUMNS, facts, strict=True) if value is not None}
        for name, *facts in rows
    }


def answered(place: Place, provider: str) -> object:
    """What `status` says of the paths that answered."""
    with bare(place) as connection:
        seem_loaded(connection)
    return run_command(place, "status", "--json").json["sources"][provider]["answered"]


@pytest.mark.skipif(not CASES.is_dir(), reason="the field cases are elsewhere")
@pytest.mark.parametrize("name", RIGHT)
async def test_a_case_of_the_field_is_right(name: str, new_catalog: Callable[[], Place]) -> None:
    """What its host serves is live with its facts, and status says which path answered."""
    played = json.loads((CASES / f"{name}.json").read_text("utf-8"))
    provider, steps, paths = RIGHT[name]
    place, found = new_catalog(), []
    with Field({}) as host:
        environ = {key: text.replace("{HOST}", host.url) for key, text in played["env"].items()}
        for step in played["steps"]:
            host.routes = step["routes"]
            report = await refreshed(place, provider, environ)
            assert report.status == "ok", report
            found.append(live(place, provider))
    assert found == steps
    assert answered(place, provider) == paths


DETAILS = [
    ("gift", {"input_cost_per_token": 0.0, "output_cost_per_token": 0.0}),
    ("said", {"input_cost_per_token": "0", "output_cost_per_token": "0.0"}),
    ("unknown", {"input_cost_per_token": None, "output_cost_per_token": None}),
    ("half", {"input_cost_per_token": 0.0, "output_cost_per_token": None}),
    ("pair", {"input_cost_per_token": 0.0, "output_cost_per_token": 0.0}),
    ("pair", {"input_cost_per_token": 1e-6, "output_cost_per_token": 0.0}),
    ("prose", {"input_cost_per_token": "5e-06 or so", "max_input_tokens": "about 1,000"}),
]  # fmt: skip


async def test_a_price_of_zero_is_what_a_proxy_says(new_catalog: Callable[[], Place]) -> None:
    """LiteLLM: 0 for input and output of a whole group is free; null is unknown, and so is half."""
    place = new_catalog()
    listed = [{"id": name} for name, _ in DETAILS]
    details = [{"model_name": name, "model_info": info} for name, info in DETAILS]
    routes = {"/v1/models": ok({"data": listed}), "/model/info": ok({"data": details})}
    with StandIn(routes) as host:
        await refreshed(place, "litellm_proxy", {"LITELLM_BASE_URL": f"{host.url}/v1/"})
    free = {"input_cost_per_1m": 0.0, "output_cost_per_1m": 0.0, "price_basis": "free"}
    assert live(place, "litellm_proxy") == {
        "gift": free, "said": free, "unknown": {}, "half": {}, "pair": {}, "prose": {},
    }  # fmt: skip


async def test_limits_may_be_text(new_catalog: Callable[[], Place]) -> None:
    """vLLM: a decimal is a number in any spelling; words, fractions and excess are not."""
    texts = {
        "a": "32768", "b": "1e5", "c": "4096.0", "d": "0", "e": "12.5", "f": "1e999", "g": "many",
        "h": True, "i": "\u0663\u0662",
    }  # fmt: skip
    place = new_catalog()
    rows = [{"id": name, "max_model_len": text} for name, text in texts.items()]
    with StandIn({"/v1/models": ok({"data": rows})}) as host:
        await refreshed(place, "vllm", {"VLLM_BASE_URL": host.url})
    found = live(place, "vllm")
    assert {name: facts.get("served_context") for name, facts in found.items()} == {
        **dict.fromkeys(texts), "a": 32_768, "b": 100_000, "c": 4096,
    }  # fmt: skip

"""Offers that stand for others: what hosts state of it, and the facts that come with it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from misbehaving_host import Reply, Route, Seen, StandIn, error, ok
from modeldex import ModelCapabilities, ModelRegistry, ModelSpec
from modeldex.refresh.defaults import default_parts
from modeldex.refresh.part import opens_sockets
from modeldex.refresh.report import RefreshReport
from modeldex.refresh.run import refresh
from modeldex.resolvers.inferred import PRECEDENCE, InferredResolver
from modeldex.resolvers.overrides import OverridesResolver
from modeldex.sources.overrides import OverridesSource
from modeldex.storage.location import Place
from raw_catalog import bare

GPT_4O = {
    "quality_tier": "best", "quality_basis": "curated", "max_context": 128_000,
    "input_cost_per_1m": 2.5, "output_cost_per_1m": 10.0, "price_basis": "metered",
    "supports_tools": True, "cache_read_cost_per_1m": 1.25,
}  # fmt: skip
SONNET = {**GPT_4O, "max_context": 1_000_000, "input_cost_per_1m": 3.3, "output_cost_per_1m": 16.5}
KNOWN: Mapping[str, Mapping[str, Any]] = {
    "azure_openai/gpt-4o": GPT_4O,
    "openai/gpt-4o": GPT_4O,
    "openai/gpt-4o-mini": {**GPT_4O, "quality_tier": "cheap", "input_cost_per_1m": 0.15},
    "bedrock/anthropic.claude-sonnet-4-6": {**SONNET, "input_cost_per_1m": 3.0},
    "bedrock/us.anthropic.claude-sonnet-4-6": SONNET,
    "openrouter/anthropic/claude-haiku-4.5": {**GPT_4O, "max_context": 200_000},
}
DECIDING = "quality_tier", "input_cost_per_1m", "max_context", "supports_tools"
BEST = ("best", 2.5, 128_000, 1)
NOTHING = (None, None, None, None)


class DataSet:
    """A data set of the models above, as a source and as a resolver."""

    name = "data_set"
    kind = "reference"
    precedence = 200

    async def discover(self) -> list[ModelSpec]:
        """The models."""
        pairs = (model.split("/", 1) for model in KNOWN)
        return [ModelSpec(provider=provider, name=name) for provider, name in pairs]

    async def get_capabilities(self, spec: ModelSpec) -> ModelCapabilities:
        """What is known of one."""
        return ModelCapabilities(**KNOWN.get(spec.id, {}))


class Catalog:
    """A catalog beside hosts on loopback, refreshed by the parts that a refresh always has."""

    def __init__(self, place: Place, host: StandIn, overrides: Path | None = None) -> None:
        self.place, self.host = place, host
        self.overrides = [overrides] if overrides else []

    async def refresh(self, **keys: str) -> RefreshReport:
        """Refresh from every host that has a key or an address among `keys`."""
        environ = {"MODELDEX_FEEDS": "0", "OLLAMA_BASE_URL": f"{self.host.url}/ollama", **keys}
        parts = default_parts(environ)
        report = await refresh(
            self.place,
            [DataSet(), *filter(opens_sockets, parts.sources), OverridesSource(self.overrides)],
            [
                *map(InferredResolver, PRECEDENCE), DataSet(),
                *filter(opens_sockets, parts.resolvers), OverridesResolver(self.overrides),
            ],
        )  # fmt: skip
        assert [step for step in report.steps if step.status == "failed"] == []
        return report

    def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """All rows of a SELECT."""
        with bare(self.place) as connection:
            return [tuple(row) for row in connection.execute(sql, values).fetchall()]

    def facts(self, model: str, *fields: str) -> tuple[object, ...]:
        """Effective values, by default tier, price, window and tools."""
        [row] = self.rows(
            f"SELECT {', '.join(fields or DECIDING)} FROM catalog WHERE provider = ? AND name = ?",
            *model.split("/", 1),
        )
        return row

    def targets(self, provider: str) -> dict[str, str]:
        """What the offers of a provider stand for."""
        sql = "SELECT name, target FROM catalog WHERE provider = ? AND target IS NOT NULL"
        return dict(self.rows(sql, provider))

    def refused(self) -> dict[str, str]:
        """The offers whose targets the last refresh has dropped, with the reasons."""
        sql = (
            "SELECT detail FROM run_steps WHERE kind = 'resolver' AND name = 'target' "
            "ORDER BY run_id DESC LIMIT 1"
        )
        [(detail,)] = self.rows(sql)
        return {each["model"]: each["reason"] for each in json.loads(detail or "[]")}


def override(folder: Path, model: str, **facts: object) -> Path:
    """A user's file that states facts of one model."""
    provider, name = model.split("/", 1)
    path = folder / "overrides.yaml"
    row = {"provider": provider, "name": name, "capabilities": facts}
    path.write_text(json.dumps({"models": [row]}))
    return path


def hosts(**routes: Route) -> dict[str, Route]:
    """The hosts by the name of their path; each has no model unless it is given."""
    given = {path.replace("__", "/"): route for path, route in routes.items()}
    return {"/ollama/api/tags": ok({"models": []}), **{f"/{path}": r for path, r in given.items()}}


def groups(*entries: Mapping[str, Any]) -> Reply:
    """The answer of a LiteLLM proxy to /model/info."""
    return ok({"data": entries})


def group(name: str, model: str, *, at: str | None = None, **info: object) -> dict[str, Any]:
    """One deployment as a LiteLLM proxy states it; what it does not know is null."""
    params = {"model": model, "use_in_pass_through": False, **({"api_base": at} if at else {})}
    unknown = {"mode": None, "max_input_tokens": None, "input_cost_per_token": None}
    stated = {"id": f"{name} {model}", "db_model": False, **unknown, **info}
    return {"model_name": name, "litellm_params": params, "model_info": stated}


def proxy(host: StandIn) -> dict[str, str]:
    """The variables that name a LiteLLM proxy on the host."""
    return {"LITELLM_PROXY_API_BASE": f"{host.url}/proxy", "LITELLM_PROXY_API_KEY": "sk-1"}


def azure(host: StandIn) -> dict[str, str]:
    """The variables that name an Azure account on the host."""
    return {"AZURE_OPENAI_ENDPOINT": f"{host.url}/azure", "AZURE_OPENAI_API_KEY": "k"}


DEPLOYED = ok({"object": "list", "data": [
    {"id": "prod-chat", "model": "gpt-4o", "object": "deployment", "status": "succeeded"},
    {"id": "gpt-4o", "model": "gpt-4o", "object": "deployment", "status": "succeeded"},
]})  # fmt: skip


async def test_an_azure_deployment_has_the_facts_of_its_model(catalog_path: Place) -> None:
    """Its name says nothing, its model everything; one called as its model stands for itself."""
    with StandIn(hosts(azure__openai__deployments=DEPLOYED)) as host:
        catalog = Catalog(catalog_path, host)
        await catalog.refresh(**azure(host))
    assert catalog.targets("azure_openai") == {"prod-chat": "azure_openai/gpt-4o"}
    assert catalog.facts("azure_openai/prod-chat") == BEST
    assert catalog.facts("azure_openai/prod-chat", "base") == ("openai/gpt-4o",)
    assert catalog.refused() == {}


async def test_facts_come_along_a_chain(catalog_path: Place) -> None:
    """Group, deployment, model: the group has the facts of the model, and its own before them."""
    stated = group(
        "team", "azure/prod-chat", at="https://team.openai.azure.com", max_input_tokens=9
    )
    routes = hosts(azure__openai__deployments=DEPLOYED, proxy__model__info=groups(stated))
    with StandIn(routes) as host:
        catalog = Catalog(catalog_path, host)
        await catalog.refresh(**azure(host), **proxy(host))
        second = await catalog.refresh(**azure(host), **proxy(host))
    assert catalog.facts("litellm_proxy/team") == BEST
    assert catalog.facts("litellm_proxy/team", "max_input_tokens", "base") == (9, "openai/gpt-4o")
    assert [step for step in second.steps if step.changed] == []


async def test_a_chain_is_not_a_refresh_behind(catalog_path: Place) -> None:
    """What the end of a chain states anew is known of its beginning after one refresh."""
    renamed = ok({"data": [{"id": "prod-chat", "model": "gpt-5", "object": "deployment"}]})
    stated = groups(group("team", "azure/prod-chat", at="https://team.openai.azure.com"))
    routes = hosts(azure__openai__models=DEPLOYED, proxy__model__info=stated)
    with StandIn(routes) as host:
        catalog = Catalog(catalog_path, host)
        await catalog.refresh(**azure(host), **proxy(host))
        host.routes["/azure/openai/models"] = renamed
        await catalog.refresh(**azure(host), **proxy(host))
    assert catalog.facts("azure_openai/prod-chat") == NOTHING
    assert catalog.facts("litellm_proxy/team") == NOTHING


PROFILES = [
    {"inferenceProfileId": "us.anthropic.claude-sonnet-4-6", "type": "SYSTEM_DEFINED",
     "models": [{"modelArn": f"arn:aws:bedrock:{at}::foundation-model/anthropic.claude-sonnet-4-6"}
                for at in ("us-east-1", "us-west-2")]},
    {"inferenceProfileId": "eu.anthropic.claude-sonnet-4-6", "type": "SYSTEM_DEFINED",
     "models": [{"modelArn": f"arn:aws:bedrock:{at}::foundation-model/anthropic.claude-sonnet-4-6"}
                for at in ("eu-west-1", "eu-west-3")]},
]  # fmt: skip
OWN_PROFILES = [
    {"inferenceProfileId": key, "inferenceProfileArn": f"arn:aws:bedrock:x:0:a/{key}",
     "type": "APPLICATION", "models": [{"modelArn": arn} for arn in arns]}
    for key, arns in {
        "one": ["arn:aws:bedrock:us-west-2::foundation-model/anthropic.claude-sonnet-4-6"],
        "copied": [model["modelArn"] for model in PROFILES[0]["models"]],  # type: ignore[index]
        "linked": ["arn:aws:bedrock:us-east-1:0:inference-profile/us.anthropic.claude-sonnet-4-6"],
        "mixed": [f"arn:aws:bedrock:x::foundation-model/{name}" for name in ("a.b", "c.d")],
    }.items()
]  # fmt: skip


async def test_a_bedrock_profile_has_the_facts_of_what_it_routes_to(catalog_path: Place) -> None:
    """An account's own: the model of one region, or the system's profile over the same regions."""

    def profiles(seen: Seen) -> Reply:
        own = "type=APPLICATION" in seen.path
        return ok({"inferenceProfileSummaries": OWN_PROFILES if own else PROFILES})

    model = {"modelId": "anthropic.claude-sonnet-4-6", "outputModalities": ["TEXT"]}
    models = ok({"modelSummaries": [model]})
    routes = {**hosts(aws__x=error(404)), "/aws/foundation-models": models}
    with StandIn({**routes, "/aws/inference-profiles": profiles}) as host:
        catalog = Catalog(catalog_path, host)
        place = {"MODELDEX_BEDROCK_BASE_URL": f"{host.url}/aws", "AWS_BEARER_TOKEN_BEDROCK": "k"}
        await catalog.refresh(**place)
    plain, us = "bedrock/anthropic.claude-sonnet-4-6", "bedrock/us.anthropic.claude-sonnet-4-6"
    assert catalog.targets("bedrock") == {
        "us.anthropic.claude-sonnet-4-6": plain, "eu.anthropic.claude-sonnet-4-6": plain,
        "arn:aws:bedrock:x:0:a/one": plain, "arn:aws:bedrock:x:0:a/copied": us,
        "arn:aws:bedrock:x:0:a/linked": us,
    }  # fmt: skip
    own = "bedrock/arn:aws:bedrock:x:0:a/"
    assert catalog.facts(own + "one") == ("best", 3.0, 1_000_000, 1)
    assert catalog.facts(own + "copied") == ("best", 3.3, 1_000_000, 1)
    assert catalog.facts(own + "mixed") == NOTHING


RESOURCE = "https://team.openai.azure.com"
GROUPS = groups(
    group("plain", "openai/gpt-4o"),
    group("bare", "gpt-4o", litellm_provider="openai"),
    group("routed", "azure/responses/prod", at=RESOURCE),
    group("named", "azure/prod", at=RESOURCE, base_model="azure/eu/gpt-4o"),
    group("pair", "azure/prod-a", at=RESOURCE, base_model="gpt-4o"),
    group("pair", "azure/prod-b", at="https://other.openai.azure.com", base_model="gpt-4o"),
    group("mixed", "openai/gpt-4o"),
    group("mixed", "openai/gpt-4o-mini"),
    group("half", "openai/gpt-4o"),
    group("half", "openai/gpt-4o", at="http://10.0.0.7:8000/v1"),
    group("foreign", "openai/gpt-4o", at="http://10.0.0.7:8000/v1"),
    group("strange", "openai/gpt-4o", at="http://[10.0.0.7"),
    group("foreign-named", "openai/x", at="http://10.0.0.7:8000/v1", base_model="gpt-4o"),
    group("other-proxy", "litellm_proxy/plain", at="http://10.0.0.8:4000"),
    group("rock", "bedrock/converse/us.anthropic.claude-sonnet-4-6"),
    group("house", "hosted_vllm/Qwen/Qwen3-8B", at="http://10.0.0.7:8000/v1"),
    group("local", "ollama_chat/qwen3:8b", at="http://localhost:11434"),
    group("unheard", "nobody/gpt-4o"),
    group("openai/*", "openai/*"),
    {**group("lab/gpt-4o", "lab/gpt-4o", id="w"), "x": 1},
    {**group("openai/gpt-4o", "openai/gpt-4o", id="w"), "x": 1},
    {"model_name": "by-provider", "model_info": {"litellm_provider": "openai"},
     "litellm_params": {"model": "prod", "custom_llm_provider": "azure", "api_base": RESOURCE}},
)  # fmt: skip


async def test_a_group_stands_for_what_all_its_deployments_call(catalog_path: Place) -> None:
    """By base model, else model and host; nothing where deployments differ, or nobody can tell."""
    with StandIn(hosts(proxy__model__info=GROUPS)) as host:
        catalog = Catalog(catalog_path, host)
        await catalog.refresh(**proxy(host))
    assert catalog.targets("litellm_proxy") == {
        "plain": "openai/gpt-4o", "bare": "openai/gpt-4o", "routed": "azure_openai/prod",
        "named": "azure_openai/gpt-4o", "pair": "azure_openai/gpt-4o",
        "foreign-named": "openai/gpt-4o", "by-provider": "azure_openai/prod",
        "rock": "bedrock/us.anthropic.claude-sonnet-4-6", "house": "vllm/Qwen/Qwen3-8B",
        "local": "ollama/qwen3:8b",
    }  # fmt: skip
    assert {name: catalog.facts(f"litellm_proxy/{name}") for name in ("plain", "pair", "rock")} == {
        "plain": BEST, "pair": BEST, "rock": ("best", 3.3, 1_000_000, 1),
    }  # fmt: skip
    assert catalog.facts("litellm_proxy/routed") == catalog.facts("litellm_proxy/mixed") == NOTHING
    assert catalog.refused() == {}


async def test_own_statements_come_first(catalog_path: Place) -> None:
    """The proxy's prices hold, without others beside them; the rest is of the model."""
    priced = group("team", "openai/gpt-4o", input_cost_per_token=1e-6, output_cost_per_token=2e-6)
    alike = group("same", "openai/gpt-4o", input_cost_per_token=2.5e-6, output_cost_per_token=1e-5)
    with StandIn(hosts(proxy__model__info=groups(priced, alike))) as host:
        catalog = Catalog(catalog_path, host)
        await catalog.refresh(**proxy(host))
    assert catalog.facts("litellm_proxy/team") == ("best", 1.0, 128_000, 1)
    assert catalog.facts("litellm_proxy/team", "cache_read_cost_per_1m") == (None,)
    assert catalog.facts("litellm_proxy/same", "cache_read_cost_per_1m") == (1.25,)
    won = catalog.rows(
        "SELECT field, resolver FROM provenance WHERE name = 'team' AND wins = 1 "
        "AND field IN ('input_cost_per_1m', 'max_context', 'target') ORDER BY field"
    )
    assert won == [
        ("input_cost_per_1m", "litellm_proxy_api"), ("max_context", "target"),
        ("target", "litellm_proxy_api"),
    ]  # fmt: skip


async def test_a_withdrawn_target_takes_its_facts_along(catalog_path: Place) -> None:
    """Once the proxy states no model, or another, the facts of the first are gone."""
    with StandIn(hosts(proxy__model__info=groups(group("team", "openai/gpt-4o")))) as host:
        catalog = Catalog(catalog_path, host)
        await catalog.refresh(**proxy(host))
        before = catalog.facts("litellm_proxy/team")
        host.routes["/proxy/model/info"] = groups({"model_name": "team", "model_info": {}})
        await catalog.refresh(**proxy(host))
    assert (before, catalog.facts("litellm_proxy/team")) == (BEST, NOTHING)


async def test_circles_are_refused_by_name(catalog_path: Place, tmp_path: Path) -> None:
    """Two offers that stand for each other get nothing; the record names them, nothing fails."""
    overrides = override(tmp_path, "azure_openai/prod-chat", target="litellm/team")
    stated = groups(group("team", "azure/prod-chat", at=RESOURCE), group("other", "openai/gpt-4o"))
    with StandIn(hosts(azure__openai__models=DEPLOYED, proxy__model__info=stated)) as host:
        catalog = Catalog(catalog_path, host, overrides)
        await catalog.refresh(**azure(host), **proxy(host))
    assert catalog.facts("litellm_proxy/team") == catalog.facts("azure_openai/prod-chat") == NOTHING
    assert catalog.facts("litellm_proxy/other") == BEST
    assert catalog.refused() == {
        "azure_openai/prod-chat": "stands for litellm_proxy/team, and that, in a circle, for it",
        "litellm_proxy/team": "stands for azure_openai/prod-chat, and that, in a circle, for it",
    }


async def test_a_user_sets_a_target(catalog_path: Place, tmp_path: Path) -> None:
    """An override names it in any spelling of the provider; `explain` shows what came by it."""
    overrides = override(tmp_path, "litellm_proxy/team", target="azure/gpt-4o")
    stated = groups({"model_name": "team", "model_info": {}})
    with StandIn(hosts(proxy__model__info=stated)) as host:
        catalog = Catalog(catalog_path, host, overrides)
        await catalog.refresh(**proxy(host))
    assert catalog.facts("litellm_proxy/team") == BEST
    async with ModelRegistry(sources=[], resolvers=[], db=catalog_path) as registry:
        explained = (await registry.explain("litellm_proxy", "team")).field("max_context")
    assert explained is not None
    assert [(each.value, each.resolver) for each in explained.opinions] == [(128_000, "target")]


SERVED = ok({"object": "list", "data": [
    {"id": "house", "root": "Qwen/Qwen3-8B-FP8", "parent": None, "max_model_len": 40960},
    {"id": "house-sql", "root": "/adapters/sql", "parent": "house", "max_model_len": None},
    {"id": "on-disk", "root": "/models/Qwen/Qwen3-8B", "parent": None, "max_model_len": 8192},
]})  # fmt: skip


async def test_an_adapter_has_the_offer_of_its_parent_and_not_its_weights(
    catalog_path: Place, tmp_path: Path
) -> None:
    """Window and tools are those of the parent; its base, tier and cutoff are of other weights."""
    overrides = override(
        tmp_path, "vllm/house", supports_tools=True, max_context=40960,
        quality_tier="balanced", knowledge_cutoff="2025-01", open_weights=True,
    )  # fmt: skip
    above = groups(group("sql", "hosted_vllm/house-sql", at="http://10.0.0.7:8000/v1"))
    with StandIn(hosts(vllm__models=SERVED, proxy__model__info=above)) as host:
        catalog = Catalog(catalog_path, host, overrides)
        await catalog.refresh(VLLM_BASE_URL=f"{host.url}/vllm", **proxy(host))
    weights = "base", "quality_tier", "knowledge_cutoff", "open_weights"
    base = "alibaba/qwen3-8b"
    assert catalog.targets("vllm") == {"house-sql": "vllm/house"}
    assert catalog.facts("vllm/house", *weights) == (base, "balanced", "2025-01", 1)
    assert catalog.facts("vllm/house", "variant") == ("fp8",)
    for offer in ("vllm/house-sql", "litellm_proxy/sql"):
        assert catalog.facts(offer, *weights) == NOTHING
        assert catalog.facts(offer, *DECIDING, "variant") == (None, 0.0, 40960, 1, "adapter")
    assert catalog.facts("vllm/on-disk", "base") == (None,)


def tag(name: str, digest: str, parent: str = "", quantization: str = "Q4_K_M") -> dict[str, Any]:
    """A model as Ollama lists it."""
    details = {"parent_model": parent, "format": "gguf", "parameter_size": "3.2B",
               "quantization_level": quantization}  # fmt: skip
    return {"name": name, "model": name, "digest": digest, "details": details}


TAGS = ok({"models": [
    tag("llama3.2:latest", "a80c"), tag("house:latest", "a80c"), tag("llama3.2:3b", "a80c"),
    tag("bot:latest", "b", parent="llama3.2"), tag("small:latest", "c", "llama3.2", "Q2_K"),
    tag("tuned:latest", "d", parent="llama3.2:latest"), tag("orphan:latest", "e", parent="gone"),
    tag("mine:latest", "f"), tag("yours:latest", "f"), tag("undigested:latest", ""),
]})  # fmt: skip


async def test_a_copy_on_ollama_has_the_facts_of_the_original(
    catalog_path: Place, tmp_path: Path
) -> None:
    """By equal digest, or the parent it states; never between two names that say nothing."""

    def show(seen: Seen) -> Reply:
        tuned = isinstance(seen.json, dict) and seen.json["model"] == "tuned:latest"
        modelfile = "FROM llama3.2\nADAPTER ./sql.gguf\n" if tuned else "FROM /blobs/sha256-a80c"
        return ok({"capabilities": ["completion", "tools"], "modelfile": modelfile})

    known = {"quality_tier": "balanced", "max_context": 131072}
    overrides = override(tmp_path, "ollama/llama3.2:latest", **known)
    with StandIn({"/ollama/api/tags": TAGS, "/ollama/api/show": show}) as host:
        catalog = Catalog(catalog_path, host, overrides)
        await catalog.refresh()
    latest = "ollama/llama3.2:latest"
    assert catalog.targets("ollama") == {
        "house:latest": "ollama/llama3.2:3b", "bot:latest": latest, "tuned:latest": latest,
    }  # fmt: skip
    assert catalog.facts("ollama/bot:latest", "quality_tier", "max_context") == ("balanced", 131072)
    tuned = catalog.facts("ollama/tuned:latest", "quality_tier", "max_context", "variant")
    assert tuned == (None, 131072, "adapter")


async def test_openrouter_states_bases_and_what_an_alias_moves_to(catalog_path: Place) -> None:
    """A repository tells the base of a vague name; one that contradicts the name counts nothing."""
    haiku = "anthropic/claude-4.5-haiku-20251001"
    rows = [
        {"id": "~anthropic/claude-haiku-latest", "canonical_slug": haiku},
        {"id": "~anthropic/claude-sonnet-latest",
         "canonical_slug": "~anthropic/claude-sonnet-latest"},
        {"id": "anthropic/claude-haiku-4.5", "canonical_slug": haiku},
        {"id": "anthropic/claude-haiku-4.5:batch", "canonical_slug": haiku},
        {"id": "mistralai/devstral-small:free",
         "hugging_face_id": "mistralai/Devstral-Small-2505"},
        {"id": "deepseek/deepseek-r1", "hugging_face_id": "Qwen/Qwen3-32B"},
        {"id": "somebody/own-1", "hugging_face_id": "somebody/own-1"},
    ]  # fmt: skip
    with StandIn(hosts(router__models=ok({"data": rows}))) as host:
        catalog = Catalog(catalog_path, host)
        await catalog.refresh(OPENROUTER_BASE_URL=f"{host.url}/router", OPENROUTER_API_KEY="k")
    alias = "openrouter/~anthropic/claude-haiku-latest"
    assert list(catalog.targets("openrouter").items()) == [
        ("~anthropic/claude-haiku-latest", "openrouter/anthropic/claude-haiku-4.5")
    ]
    assert catalog.facts(alias, "max_context", "base") == (200_000, "anthropic/claude-haiku-4.5")
    stated = dict(catalog.rows(
        "SELECT m.name, c.base FROM capabilities c JOIN models m ON m.id = c.model_id "
        "WHERE c.resolver = 'openrouter_api' AND c.base IS NOT NULL"
    ))  # fmt: skip
    assert stated.keys() & {"deepseek/deepseek-r1", "somebody/own-1"} == set()
    assert stated["mistralai/devstral-small:free"] == "mistral/devstral-small-2505"

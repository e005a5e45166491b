"""What is local and what is rented, which window is served, and what an own host states."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from checkout import SHARED
from command_line import run_command, seem_loaded, small_catalog
from misbehaving_host import Reply, Seen, StandIn, error, ok
from modeldex.refresh.defaults import default_parts
from modeldex.refresh.part import part_name
from modeldex.refresh.run import refresh
from modeldex.storage.location import Place
from modeldex.vocabulary import providers as table
from raw_catalog import bare

CASES = SHARED / "fixtures" / "field"
needs_cases = pytest.mark.skipif(not CASES.is_dir(), reason="the field cases are elsewhere")
Facts = dict[str, dict[str, object]]


def played(name: str) -> dict[str, Any]:
    """The routes of a field case with one step."""
    [path] = CASES.glob(f"{name}-*.json")
    routes: dict[str, Any] = json.loads(path.read_text("utf-8"))["steps"][0]["routes"]
    return routes


def ollama(tags: object, shows: Mapping[str, object], loaded: object = None) -> dict[str, Any]:
    """The routes of an Ollama server; a model that is not in `shows` fails."""

    def show(seen: Seen) -> Reply:
        assert isinstance(seen.json, dict)
        answer = shows.get(str(seen.json["model"]))
        return error(500, {"error": "no"}) if answer is None else ok(answer)

    running = {} if loaded is None else {"/api/ps": ok({"models": loaded})}
    return {"/api/tags": ok({"models": tags}), "/api/show": show, **running}


async def asked(place: Place, provider: str, environ: Mapping[str, str]) -> None:
    """Refresh the parts of one provider, as the default ones."""
    parts = default_parts({**environ, "MODELDEX_FEEDS": "0"})
    names = {provider, f"{provider}_api", f"{provider}_list"}
    await refresh(
        place,
        [part for part in parts.sources if part_name(part) in names],
        [part for part in parts.resolvers if part_name(part) in names],
    )


def effective(place: Place, *fields: str) -> Facts:
    """The known values of these fields, of each model."""
    with bare(place) as connection:
        rows = connection.execute(f"SELECT name, {', '.join(fields)} FROM catalog").fetchall()
    return {
        name: {key: value for key, value in zip(fields, facts, strict=True) if value is not None}
        for name, *facts in rows
    }


@needs_cases
async def test_a_cloud_model_behind_ollama_is_a_subscription(
    new_catalog: Callable[[], Place],
) -> None:
    """The local one is best, and the rented one is found by its price basis alone."""
    routes, place = played("F06"), new_catalog()
    tags, shows = routes["/api/tags"]["models"], routes["/api/show"]["by_model"]
    with StandIn(ollama(tags, shows)) as host:
        await asked(place, "ollama", {"OLLAMA_HOST": host.url})
    with bare(place) as connection:
        seem_loaded(connection)
    here = {"OLLAMA_HOST": host.url}
    found = [
        run_command(place, "best", "--tools", **here).out,
        run_command(place, "list", "--price-basis", "subscription", **here).table[0]["id"],
        run_command(place, "list", "--local-only", "--price-basis", "any", **here).table,
    ]
    assert found[:2] == ["ollama/llama3.1:8b\n", "ollama/kimi-k3:cloud"]
    assert [row["id"] for row in found[2]] == ["ollama/llama3.1:8b"]


RENTED: list[tuple[dict[str, object], bool]] = [
    ({"name": "mine:latest", "remote_host": "https://ollama.com:443"}, True),
    ({"name": "yours:latest", "remote_model": "glm-5"}, True),
    ({"name": "glm-5:cloud"}, True),
    ({"name": "gpt-oss:120b-cloud"}, True),
    ({"name": "deepseek-cloud:latest"}, True),
    ({"name": "rented:latest", "digest": "c1", "remote_host": "https://ollama.com"}, True),
    ({"name": "copied:latest", "digest": "c1"}, True),
    ({"name": "tuned:latest", "details": {"parent_model": "rented"}}, True),
    ({"name": "again:latest", "details": {"parent_model": "tuned:latest"}}, True),
    ({"name": "cloudy:7b", "digest": "d"}, False),
    ({"name": "bare:latest", "digest": ""}, False),
    ({"name": "null:latest", "digest": None, "remote_host": None, "remote_model": ""}, False),
]


async def test_what_is_rented_is_known_from_the_list_alone(
    new_catalog: Callable[[], Place],
) -> None:
    """By host, model, name, digest or parent; without /api/show nothing is said to be local."""
    place = new_catalog()
    with StandIn(ollama([tag for tag, _ in RENTED], {})) as host:
        await asked(place, "ollama", {"OLLAMA_HOST": host.url})
    assert effective(place, "price_basis", "input_cost_per_1m") == {
        tag["name"]: {"price_basis": "subscription"} if rented else {} for tag, rented in RENTED
    }


async def test_a_copy_is_rented_even_where_its_details_do_not_say_so(
    new_catalog: Callable[[], Place],
) -> None:
    """/api/show of a copy may state capabilities only; the list knows whose copy it is."""
    place, says = new_catalog(), {"capabilities": ["completion", "tools"]}
    with StandIn(ollama([tag for tag, _ in RENTED], {"copied:latest": says})) as host:
        await asked(place, "ollama", {"OLLAMA_HOST": host.url})
    assert effective(place, "price_basis", "input_cost_per_1m", "supports_tools")[
        "copied:latest"
    ] == {"price_basis": "subscription", "supports_tools": 1}


async def test_the_list_states_what_it_has_since_2026(new_catalog: Callable[[], Place]) -> None:
    """Window and capabilities of a tag are facts where /api/show fails; where not, it adds."""
    tags = [
        {"name": "talk:8b", "capabilities": ["completion", "tools"],
         "details": {"context_length": 40_960, "parameter_size": "8.2B"}},
        {"name": "vectors:latest", "capabilities": ["embedding"], "context_length": 2048},
        {"name": "shown:1b", "capabilities": ["completion"], "details": {"context_length": 4096}},
    ]  # fmt: skip
    shown = {
        "capabilities": ["completion", "vision"],
        "model_info": {"general.architecture": "x", "x.context_length": 8192},
    }
    place = new_catalog()
    with StandIn(ollama(tags, {"shown:1b": shown})) as host:
        await asked(place, "ollama", {"OLLAMA_HOST": host.url})
    fields = ("mode", "supports_tools", "supports_vision", "max_context", "param_count")
    assert effective(place, *fields) == {
        "talk:8b": {
            "mode": "chat", "supports_tools": 1, "supports_vision": 0, "max_context": 40_960,
            "param_count": 8_200_000_000,
        },
        "vectors:latest": {
            "mode": "embedding", "supports_tools": 0, "supports_vision": 0, "max_context": 2048,
        },
        "shown:1b": {
            "mode": "chat", "supports_tools": 0, "supports_vision": 1, "max_context": 8192,
        },
    }  # fmt: skip


SIZED = {"model_info": {"general.architecture": "q", "q.context_length": 131_072}}
SET = {**SIZED, "parameters": "num_ctx                        8192"}
LOADED = [
    {"name": "small:8b", "model": "small:8b", "context_length": 4096},
    {"name": "set:8b", "context_length": 16_384},
    {"model": "stretched:8b", "context_length": 262_144},
    {"name": "odd:8b", "context_length": "many"},
    {"name": "gone:8b", "context_length": 512},
]


async def test_the_window_that_ollama_has_allocated_is_served(
    new_catalog: Callable[[], Place],
) -> None:
    """While a model is loaded /api/ps decides, up to what it was trained for; then its settings."""
    shows = {
        "small:8b": SIZED, "set:8b": SET, "stretched:8b": SIZED, "odd:8b": SIZED, "rest:8b": SET,
    }  # fmt: skip
    tags, place, found = [{"name": name} for name in shows], new_catalog(), []
    with StandIn(ollama(tags, shows, LOADED)) as host:
        for loaded in (True, False):
            host.routes["/api/ps"] = ok({"models": LOADED if loaded else []})
            await asked(place, "ollama", {"OLLAMA_HOST": host.url})
            found.append(effective(place, "served_context"))
    settings: Facts = {name: {} for name in shows}
    settings |= {name: {"served_context": 8192} for name in ("set:8b", "rest:8b")}
    assert found == [
        {
            **settings, "small:8b": {"served_context": 4096},
            "set:8b": {"served_context": 16_384}, "stretched:8b": {"served_context": 131_072},
        },
        settings,
    ]  # fmt: skip


@needs_cases
async def test_a_window_that_is_not_served_is_not_offered(new_catalog: Callable[[], Place]) -> None:
    """min_context judges by the window of /api/ps."""
    routes, place = played("F17"), new_catalog()
    tags, shows = routes["/api/tags"]["models"], routes["/api/show"]["by_model"]
    with StandIn(ollama(tags, shows, routes["/api/ps"]["models"])) as host:
        await asked(place, "ollama", {"OLLAMA_HOST": host.url})
    with bare(place) as connection:
        seem_loaded(connection)
    sizes = ("4096", "32k", "100k")
    here = {"OLLAMA_HOST": host.url}
    codes = [run_command(place, "best", "--min-context", size, **here).code for size in sizes]
    assert codes == [0, 3, 3]


@needs_cases
async def test_an_embedder_on_llamacpp_is_no_chat_model(new_catalog: Callable[[], Place]) -> None:
    """The stated output gives its mode, so that the chat model beside it is best."""
    place = new_catalog()
    with StandIn({"/v1/models": ok(played("F07")["/v1/models"])}) as host:
        await asked(place, "llamacpp", {"LLAMACPP_BASE_URL": host.url})
    with bare(place) as connection:
        seem_loaded(connection)
    assert effective(place, "mode") == {"nomic-files": {"mode": "embedding"}, "talk": {}}
    best = run_command(place, "best", "--provider", "llamacpp", LLAMACPP_BASE_URL=host.url)
    assert best.out == "llamacpp/talk\n"


def started(*args: str, preset: str | None = None) -> dict[str, object]:
    """The state of a model of a router that is not loaded."""
    return {"value": "unloaded", "args": ["llama-server", *args], "preset": preset}


ROUTED: dict[str, tuple[dict[str, object], dict[str, object]]] = {
    "slots": (started("--ctx-size", "65536", "--parallel", "4"), {"served_context": 16_384}),
    "short": (started("-c", "65536", "-np", "2", "--port", "1"), {"served_context": 32_768}),
    "joined": (started("--ctx-size=8192"), {"served_context": 8192}),
    "unified": (started("-c", "65536", "-np", "4", "-kvu"), {"served_context": 65_536}),
    "apart": (started("-c", "9000", "-np", "2", "-kvu", "-no-kvu"), {"served_context": 4500}),
    "auto": (started("-c", "65536", "-np", "-1"), {"served_context": 65_536}),
    "trained": (started("-c", "0", "-np", "2"), {}),
    "nonsense": (started("-c", "many", "-np"), {}),
    "vectors": (started("--embeddings", "-c", "512"), {"served_context": 512, "mode": "embedding"}),
    "ranks": (started("--reranking"), {"mode": "rerank"}),
    "file": (
        started(preset="[file]\nctx-size = 32768\nnp=2\nembeddings = false\n"),
        {"served_context": 16_384},
    ),
    "variables": (
        started(preset="LLAMA_ARG_CTX_SIZE = 4096\nLLAMA_ARG_N_PARALLEL = 2"),
        {"served_context": 2048},
    ),
    "over": (started("-c", "1024", preset="ctx-size = 4096"), {"served_context": 1024}),
}


async def test_a_router_of_llamacpp_serves_what_its_slots_get(
    new_catalog: Callable[[], Place],
) -> None:
    """The arguments of a preset count before a model is loaded; slots share its window equally."""
    rows = [{"id": name, "status": status} for name, (status, _) in ROUTED.items()]
    meta = {"n_ctx": 131_072, "n_ctx_train": 8192}
    place = new_catalog()
    with StandIn({"/v1/models": ok({"data": [*rows, {"id": "large", "meta": meta}]})}) as host:
        await asked(place, "llamacpp", {"LLAMACPP_BASE_URL": host.url})
    assert effective(place, "served_context", "mode", "max_context") == {
        **{name: facts for name, (_, facts) in ROUTED.items()},
        "large": {"served_context": 8192, "max_context": 8192},
    }


@pytest.fixture
def own_host(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[StandIn], None]:
    """Makes a stand-in the provider gw of a file of one's own."""
    table.providers.cache_clear()

    def make(host: StandIn) -> None:
        file = tmp_path / "providers.toml"
        file.write_text(f'[gw]\nbase_url = "{host.url}/v1"\n', "utf-8")
        monkeypatch.setenv("MODELDEX_PROVIDERS", str(file))
        table.providers.cache_clear()

    return make


@needs_cases
async def test_a_host_of_ones_own_is_read_in_its_dialect(
    new_catalog: Callable[[], Place],
    own_host: Callable[[StandIn], None],
    request: pytest.FixtureRequest,
) -> None:
    """Windows, caps, mode, flags, prices and aliases under the names that six hosts write."""
    request.addfinalizer(table.providers.cache_clear)
    place = new_catalog()
    with StandIn({"/v1/models": ok(played("F18")["/v1/models"])}) as host:
        own_host(host)
        await asked(place, "gw", {})
    fields = (
        "max_context", "served_context", "max_input_tokens", "max_output_tokens", "mode",
        "supports_tools", "supports_vision", "input_cost_per_1m", "output_cost_per_1m",
    )  # fmt: skip
    able = {"supports_tools": 1, "supports_vision": 1, "mode": "chat"}
    assert effective(place, *fields) == {
        "a": {"max_context": 131_072, "served_context": 4096},
        "b": {"max_input_tokens": 200_000, "max_output_tokens": 64_000, "mode": "chat"},
        "c": {
            **able, "max_context": 400_000, "max_input_tokens": 272_000,
            "max_output_tokens": 128_000,
        },
        "d": {
            **able, "max_context": 65_536, "max_output_tokens": 8000, "input_cost_per_1m": 1.0,
            "output_cost_per_1m": 2.0,
        },
        "e": {"max_context": 32_768, "supports_vision": 1},
        "f": {**able, "max_context": 65_536},
    }  # fmt: skip
    with bare(place) as connection:
        [alias] = connection.execute("SELECT provider, alias FROM aliases").fetchall()
    assert tuple(alias) == ("gw", "fast")


CAPPED = {
    "big": {"max_context": 400_000, "max_input_tokens": 128_000, "input_cost_per_1m": 1.0},
    "honest": {"max_context": 300_000, "max_input_tokens": 272_000, "input_cost_per_1m": 2.0},
    "served": {"max_context": 400_000, "served_context": 32_768, "input_cost_per_1m": 0.5},
    "silent": {"input_cost_per_1m": 9.0},
}


@pytest.fixture
def capped(new_catalog: Callable[[], Place]) -> Place:
    """Models whose prompts are limited in several ways."""
    return small_catalog(
        new_catalog(),
        {
            f"acme/{name}": {
                **facts, "output_cost_per_1m": 2.0, "mode": "chat", "quality_tier": "best",
            }
            for name, facts in CAPPED.items()
        },
    )  # fmt: skip


def test_a_prompt_that_would_be_refused_is_no_match(capped: Place) -> None:
    """With a workload, as with min_input_tokens; what nobody limits is not excluded."""

    def found(*words: str) -> list[str]:
        listed = run_command(capped, "list", "--known", *words)
        return [row["id"].removeprefix("acme/") for row in listed.table] if listed.out else []

    load = ("--output-tokens", "1k", "--input-tokens")
    assert [found(*load, size) for size in ("20k", "128k", "200k", "299k")] == [
        ["served", "big", "honest", "silent"], ["big", "honest", "silent"],
        ["honest", "silent"], ["silent"],
    ]  # fmt: skip
    sizes = ("32k", "128k", "200k", "300k")
    by_prompt = [found("--min-input", size) for size in sizes]
    assert by_prompt == [found("--min-context", size) for size in sizes]
    assert by_prompt == [["served", "big", "honest"], ["big", "honest"], ["honest"], []]


def test_an_output_that_is_required_is_beside_the_prompt(new_catalog: Callable[[], Place]) -> None:
    """min_output_tokens takes from the window what min_input_tokens leaves."""
    known = {"max_context": 64_000, "max_output_tokens": 32_000, "mode": "chat"}
    place = small_catalog(new_catalog(), {"acme/one": known})
    words = ("best", "--known", "--min-input", "48k", "--min-output")
    codes = [run_command(place, *words, size).code for size in ("16k", "17k", "33k")]
    assert codes == [0, 3, 3]


COSTS = [
    ("big", "128k", None),
    ("big", "200k", "prompt of 200,000 exceeds its cap of 128,000"),
    ("served", "32_768", "prompt of 32,768 and output of 1,000 exceed the window of 32,768"),
    ("served", "40k", "prompt of 40,000 exceeds the window of 32,768"),
    ("silent", "900k", None),
]


@pytest.mark.parametrize(("name", "size", "exceeds"), COSTS)
def test_a_cost_says_which_limit_is_exceeded(
    capped: Place, name: str, size: str, exceeds: str | None
) -> None:
    """Whoever is named is priced, and the request that it would refuse is called so."""
    words = ("--input-tokens", size, "--output-tokens", "1k", "--json")
    [model] = run_command(capped, "cost", f"acme/{name}", *words).json["models"]
    assert (model["cost"].get("exceeds"), model["cost"]["usd"] > 0) == (exceeds, True)


def test_named_models_that_would_refuse_come_last(capped: Place) -> None:
    """However cheap they are."""
    names = [f"acme/{name}" for name in ("served", "big", "honest")]
    words = ("--input-tokens", "200k", "--output-tokens", "1k")
    priced = run_command(capped, "cost", *names, *words).table
    assert [row["id"] for row in priced] == ["acme/honest", "acme/served", "acme/big"]


def test_why_names_the_limit(capped: Place) -> None:
    """The explanation counts who would refuse the workload, and says by which limit."""
    words = ("--known", "--input-tokens", "200k", "--output-tokens", "1k", "--why", "--json")
    found = run_command(capped, "best", *words).json
    [fits] = [r for r in found["explanation"]["requirements"] if r["criterion"] == "workload"]
    assert (found["matches"], fits["failed"], fits["unknown"]) == (2, 2, 0)
    assert {miss["id"]: miss["lack"]["text"] for miss in found["explanation"]["nearest"]} == {
        "acme/big": "prompt of 200,000 exceeds its cap of 128,000",
        "acme/served": "prompt of 200,000 exceeds the window of 32,768",
    }


PLACES: dict[str, tuple[dict[str, object], bool]] = {
    "ollama/talk": ({"price_basis": "self_hosted"}, True),
    "ollama/rented:cloud": ({"price_basis": "subscription"}, False),
    "vllm/counted": ({"price_basis": "metered"}, True),
    "llamacpp/silent": ({}, True),
    "gguf/folder/file.gguf": ({}, True),
    "files/file.gguf": ({"price_basis": "self_hosted"}, True),
    "litellm_proxy/anything": ({}, False),
    "litellm_proxy/ours": ({"price_basis": "self_hosted"}, True),
    "openai/flagship": ({"price_basis": "metered"}, False),
    "openrouter/gift": ({"price_basis": "free"}, False),
    "nobody/knows": ({}, False),
}


def test_local_is_what_a_machine_of_ones_own_serves(new_catalog: Callable[[], Place]) -> None:
    """Files and own servers, whatever their price; no subscription, no proxy, no host."""
    place = small_catalog(new_catalog(), {name: facts for name, (facts, _) in PLACES.items()})
    words = ("list", "--known", "--class", "any", "--price-basis", "any")
    listed = [run_command(place, *words, *more).table for more in ((), ("--local-only",))]
    assert [{row["id"] for row in rows} for rows in listed] == [
        set(PLACES), {name for name, (_, local) in PLACES.items() if local},
    ]  # fmt: skip


async def test_a_server_of_ones_own_file_is_local_unless_it_says_otherwise(
    new_catalog: Callable[[], Place], tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:  # fmt: skip
    """A provider without a key is; one that names another class is not, nor a shipped one."""
    request.addfinalizer(table.providers.cache_clear)
    own = "[mine]\nbase_url = 'http://a'\n[theirs]\nbase_url = 'http://b'\nclass = 'host'\n"
    (tmp_path / "p.toml").write_text(f"{own}[vllm]\nclass = 'host'\n", "utf-8")
    monkeypatch.setenv("MODELDEX_PROVIDERS", str(tmp_path / "p.toml"))
    table.providers.cache_clear()
    models: dict[str, dict[str, object]] = {f"{key}/x": {} for key in ("mine", "theirs", "vllm")}
    place = small_catalog(new_catalog(), models)
    found = run_command(place, "list", "--known", "--class", "any", "--local-only").table
    assert [row["id"] for row in found] == ["mine/x"]

"""What can be called is what the key and address of a process list, whatever others have listed."""

import json
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from checkout import SHARED
from command_line import run_command, seem_loaded
from field_host import Field
from misbehaving_host import Reply, StandIn, error, html, ok
from modeldex.history.prune import outdated_rows, prune
from modeldex.query.callability import callability
from modeldex.query.catalog import Catalog
from modeldex.query.explain_query import explain_query
from modeldex.query.lookup import find
from modeldex.query.ranking import Placed, standings
from modeldex.query.scope import Scope
from modeldex.refresh.defaults import default_parts
from modeldex.refresh.part import part_name
from modeldex.refresh.run import RefreshReport, refresh
from modeldex.storage.listings import READ, Bound, Listing
from modeldex.storage.location import Place
from modeldex.storage.open import open_catalog, open_writer
from modeldex.upstream.accounts import account_of
from modeldex.upstream.configured import bound
from modeldex.vocabulary.user_folders import here
from modeldex.vocabulary.user_providers import merged_rows
from raw_catalog import bare, migrated

KNOWN = ("gpt-5.1", "gpt-4o", "gpt-4o-mini", "o3")
"""Offers of OpenAI that a data set has."""

CASES = SHARED / "fixtures" / "field"
NOW = "SELECT strftime('%Y-%m-%dT%H:%M:%fZ', 'now')"


def sql(place: Place, statement: str) -> list[Any]:
    """The rows of a statement."""
    with bare(place) as connection:
        return list(connection.execute(statement).fetchall())


def names(*ids: str) -> Reply:
    """A plain list of models."""
    rows = [{"id": id_, "object": "model", "created": 1, "owned_by": "x"} for id_ in ids]
    return ok({"object": "list", "data": rows})


def key(host: StandIn, value: str = "first-key", provider: str = "OPENAI") -> dict[str, str]:
    """The variables of a key at the address of a host."""
    return {f"{provider}_API_KEY": value, f"{provider}_BASE_URL": f"{host.url}/v1"}


async def refreshed(
    place: Place, environ: Mapping[str, str], *sources: str, whole: bool = False
) -> RefreshReport:
    """Ask the APIs of some providers as the default parts would, and store what they say."""
    parts = default_parts({"MODELDEX_FEEDS": "0", **environ})
    asked = [part for part in parts.sources if part_name(part) in sources]
    return await refresh(place, asked, [], environ=environ, whole=whole)


@pytest.fixture
def place(catalog_path: Place) -> Place:
    """A catalog in which a data set knows some offers of OpenAI and Bedrock."""
    migrated(catalog_path)
    with bare(catalog_path) as connection:
        connection.execute("INSERT INTO sources (name, kind) VALUES ('books', 'reference')")
        offers = [("openai", name) for name in KNOWN]
        offers += [("bedrock", f"{at}anthropic.claude") for at in ("", "us.", "eu.", "global.")]
        for provider, name in offers:
            given = {"provider": provider, "name": name}
            connection.execute(
                "INSERT INTO models (provider, name) VALUES (:provider, :name)", given
            )
            connection.execute(
                "INSERT INTO sightings (model_id, source) SELECT id, 'books' FROM models "
                "WHERE provider = :provider AND name = :name",
                given,
            )
    return catalog_path


def opened(connection: Any, place: Place, environ: Mapping[str, str]) -> Catalog:
    """The catalog as a process with this environment sees it."""
    rows = Catalog(place, connection, Scope("2026-11-22")).rows(READ)
    listings = tuple(Listing(*row) for row in rows)  # type: ignore[arg-type]
    return Catalog(place, connection, Scope("2026-11-22", bound(environ, listings)))


def callable_at(place: Place, environ: Mapping[str, str], **criteria: object) -> set[str]:
    """The offers that a process with this environment can call, by their names."""
    with closing(open_catalog(place)) as connection:
        catalog = opened(connection, place, environ)
        return {entry.spec.name for entry in catalog.entries({"mode": "any", **criteria})}


def said(place: Place, environ: Mapping[str, str], name: str, provider: str = "openai") -> str:
    """How that process can call an offer, or why not."""
    with closing(open_catalog(place)) as connection:
        catalog = opened(connection, place, environ)
        return callability(catalog, find(catalog, provider, name)).text


async def test_a_listing_decides_and_a_refused_key_calls_nothing(place: Place) -> None:
    """Three, then two, then none with the reason; and all again once the key is good."""
    with StandIn({"/v1/models": names("gpt-5.1", "gpt-4o", "own-tune")}) as host:
        environ = key(host)
        assert callable_at(place, environ) == set(KNOWN)
        assert said(place, environ, "o3").startswith("presumed callable")
        await refreshed(place, environ, "openai")
        assert callable_at(place, environ) == {"gpt-5.1", "gpt-4o", "own-tune"}
        assert "not in openai's listing of" in said(place, environ, "o3")
        host.routes = {"/v1/models": names("gpt-5.1", "gpt-4o")}
        await refreshed(place, environ, "openai")
        assert callable_at(place, environ) == {"gpt-5.1", "gpt-4o"}
        host.routes = {"/v1/models": error(401)}
        await refreshed(place, environ, "openai")
        assert callable_at(place, environ) == set()
        assert "refused OPENAI_API_KEY" in said(place, environ, "gpt-4o")
        host.routes = {"/v1/models": names("gpt-5.1", "gpt-4o")}
        await refreshed(place, environ, "openai")
        assert callable_at(place, environ) == {"gpt-5.1", "gpt-4o"}


async def test_each_key_and_address_has_its_own(place: Place) -> None:
    """A process neither uses nor ends what another key, or the same key elsewhere, has listed."""
    with StandIn({"/v1/models": names("gpt-5.1")}) as one, StandIn({}) as other:
        other.routes = {"/v1/models": names("gpt-4o")}
        first, second, third = key(one), key(one, "second-key"), key(other)
        await refreshed(place, first, "openai")
        one.routes = {"/v1/models": names("o3")}
        await refreshed(place, second, "openai")
        await refreshed(place, third, "openai")
    found = [callable_at(place, each) for each in (first, second, third)]
    assert found == [{"gpt-5.1"}, {"o3"}, {"gpt-4o"}]
    assert callable_at(place, key(one, "no-such-key")) == {*KNOWN}
    assert callable_at(place, {}) == set()
    missing = sql(place, "SELECT count(*) FROM sightings WHERE missing_since IS NOT NULL")
    assert missing == [(0,)]


FAILURES: dict[str, Reply] = {
    "less than half": names("m0"), "nothing": names(), "a page": html(), "an error": error(500),
    "not a list": ok({"object": "list"}), "too many": error(429), "gone": error(404),
    "cut short": (200, {"content-length": "9999", "connection": "close"}, b'{"data": ['),
}  # fmt: skip


@pytest.mark.parametrize("failure", FAILURES)
async def test_a_bad_answer_takes_nothing_away(place: Place, failure: str) -> None:
    """What was listed is still callable, and why the request failed is in the listing."""
    many = [f"m{number}" for number in range(12)]
    with StandIn({"/v1/models": names(*many)}) as host:
        environ = key(host)
        await refreshed(place, environ, "openai")
        host.routes = {"/v1/models": FAILURES[failure]}
        await refreshed(place, environ, "openai")
    assert callable_at(place, environ) == set(many)
    [(problem, text)] = sql(place, "SELECT problem, error FROM listings")
    assert (problem in ("answer", "refused", "shrunk"), bool(text)) == (True, True)


async def test_a_part_adds_and_takes_nothing_away(place: Place) -> None:
    """A proxy that names wildcards can call more than its list has."""
    with StandIn({"/v1/models": names("small", "lab/*"), "/model/info": error(404)}) as host:
        environ = {"LITELLM_PROXY_API_BASE": host.url, "LITELLM_PROXY_API_KEY": "sk-1234567890"}
        await refreshed(place, environ, "litellm_proxy")
        host.routes = {"/v1/models": names("large", "lab/*"), "/model/info": error(404)}
        await refreshed(place, environ, "litellm_proxy")
    assert callable_at(place, environ) == {"small", "large"}
    assert sql(place, "SELECT complete FROM listings") == [(0,)]


async def test_a_local_server_counts_while_its_address_is_configured(place: Place) -> None:
    """Another address, or the default one, is another server."""
    with StandIn({"/v1/models": names("qwen")}) as host:
        environ = {"VLLM_BASE_URL": f"{host.url}/v1"}
        await refreshed(place, environ, "vllm")
    assert callable_at(place, environ) == {"qwen"}
    assert callable_at(place, {"VLLM_BASE_URL": f"{host.url}/"}) == {"qwen"}
    assert callable_at(place, {}) == callable_at(place, {"VLLM_BASE_URL": "http://b"}) == set()


async def test_ollama_counts_while_its_address_is_configured(place: Place) -> None:
    """The same server under another form of its address is the same."""
    tags = ok({"models": [{"name": "llama3.1:8b", "model": "llama3.1:8b"}]})
    with StandIn({"/api/tags": tags}) as host:
        environ = {"OLLAMA_BASE_URL": f"{host.url}/v1"}
        await refreshed(place, environ, "ollama")
    assert callable_at(place, {"OLLAMA_HOST": host.url}) == {"llama3.1:8b"}
    assert callable_at(place, {}) == set()


async def test_deployments_are_what_can_be_called_at_azure(place: Place) -> None:
    """The models of the region are not, on the data plane and by the Resource Manager alike."""
    plane = ok({"data": [{"id": "prod", "model": "gpt-4o", "object": "deployment"}]})
    arm = ok({"value": [{"name": "prod", "properties": {"model": {"name": "gpt-4o"}}}]})
    region = ok({"data": [{"id": "gpt-5.1", "object": "model"}]})
    for routes in (
        {"/openai/deployments": plane, "/openai/models": region},
        {"/sub/accounts/a/deployments": arm},
    ):
        with StandIn(routes) as host:
            path = "/sub/accounts/a" if len(routes) == 1 else ""
            environ = {"AZURE_OPENAI_ENDPOINT": f"{host.url}{path}", "AZURE_OPENAI_API_KEY": "k"}
            await refreshed(place, environ, "azure_openai")
        assert callable_at(place, environ) == {"prod"}


async def test_an_account_that_cannot_list_deployments_is_not_refused(place: Place) -> None:
    """The models of its region are then known and presumed."""
    routes = {
        "/openai/deployments": error(401),
        "/openai/models": ok({"data": [{"id": "gpt-5.1", "object": "model"}]}),
    }
    with StandIn(routes) as host:
        environ = {"AZURE_OPENAI_ENDPOINT": host.url, "AZURE_OPENAI_API_KEY": "k"}
        await refreshed(place, environ, "azure_openai")
    assert callable_at(place, environ) == {"gpt-5.1"}
    assert sql(place, "SELECT complete, problem FROM listings") == [(0, None)]


async def test_a_key_leaves_two_bytes(place: Place) -> None:
    """A listing holds a hash of 16 bits, and of an address neither the key nor a password."""
    with StandIn({"/first-key/v1/models": names("gpt-4o")}) as host:
        address = f"http://user:password@127.0.0.1:{host.port}/first-key/v1"
        environ = {"OPENAI_API_KEY": "first-key", "OPENAI_BASE_URL": address}
        await refreshed(place, environ, "openai")
    [(address, fingerprint)] = sql(place, "SELECT address, fingerprint FROM listings")
    assert address == f"http://127.0.0.1:{host.port}/***"
    assert 0 <= fingerprint < 1 << 16
    assert callable_at(place, environ) == {"gpt-4o"}


async def test_the_shell_sees_what_the_last_refresh_can_call(place: Place) -> None:
    """View best_offers has the offers of the default question, in its order."""
    with StandIn({"/v1/models": names("gpt-5.1", "o3")}) as host:
        environ = key(host)
        await refreshed(place, environ, "openai")
    found = sql(place, "SELECT provider, name, callable FROM best_offers")
    with closing(open_catalog(place)) as connection:
        asked = [tuple(e.spec[:2]) for e in opened(connection, place, environ).entries({})]
    assert found == [(*each, "listed") for each in asked]
    assert len(found) == 2
    await refreshed(place, {"OPENAI_API_KEY": "another-key"})
    assert sql(place, "SELECT how, listing_id FROM configured") == [("presumed", None)]
    assert len(sql(place, "SELECT name FROM best_offers WHERE callable = 'presumed'")) == len(KNOWN)


async def test_what_is_listed_ranks_before_what_is_presumed(place: Place) -> None:
    """Within a band, at whatever price; the view has that order, and an explanation says so."""
    with bare(place) as connection:
        connection.execute("INSERT INTO models (provider, name) VALUES ('groq', 'cheaper')")
        connection.execute(
            "INSERT INTO capabilities (model_id, resolver, input_cost_per_1m, output_cost_per_1m) "
            "SELECT id, 'user', 0.001, 0.001 FROM models WHERE name = 'cheaper'"
        )
    with StandIn({"/v1/models": names("gpt-5.1")}) as host:
        environ = {**key(host), "GROQ_API_KEY": "k"}
        await refreshed(place, environ, "openai")
    with closing(open_catalog(place)) as connection:
        catalog = opened(connection, place, environ)
        found = catalog.entries({})
        first, second = standings(catalog, list(map(Placed.of, found)), {})
        explained = explain_query(catalog, {})
    assert [each.spec.name for each in found] == ["gpt-5.1", "cheaper"]
    assert first.shortfall(second) == "only presumed callable, behind one that is listed"
    assert [each.differs_in for each in explained.ranked] == [None, "callable"]
    shown = sql(place, "SELECT name, callable FROM best_offers")
    assert shown == [("gpt-5.1", "listed"), ("cheaper", "presumed")]


async def test_an_old_listing_still_decides_and_is_called_stale(place: Place) -> None:
    """After 30 days; `prune` deletes one that nobody has asked for since its horizon."""
    with StandIn({"/v1/models": names("gpt-4o")}) as host:
        environ = key(host)
        await refreshed(place, environ, "openai")
    with bare(place) as connection:
        for column in ("since", "read_at", "asked_at"):
            connection.execute(f"UPDATE listings SET {column} = '2026-01-01T00:00:00.000Z'")
    assert callable_at(place, environ) == {"gpt-4o"}
    assert said(place, environ, "gpt-4o").endswith("which is long ago: modeldex refresh")
    with closing(open_catalog(place)) as connection:
        old = outdated_rows(opened(connection, place, environ), "2026-02-01T00:00:00.000Z")
    with open_writer(place) as writer:
        prune(writer, old, "2026-02-01T00:00:00.000Z")
    assert sql(place, "SELECT count(*) FROM listed") == [(0,)]
    assert callable_at(place, environ) == set(KNOWN)


def test_a_provider_of_ones_own_may_list_a_part(tmp_path: Path) -> None:
    """`listing = "partial"` in providers.toml: what the list lacks may still be called."""
    file = tmp_path / "providers.toml"
    file.write_text('[gw]\nbase_url = "http://gw.test/v1"\nlisting = "partial"\n', "utf-8")
    rows = merged_rows(file, {})
    assert rows["gw"]["listing"] == {"path": "/models", "complete": False}


async def test_the_past_has_the_listings_of_then(place: Place) -> None:
    """An offer was callable while a listing had it; before the first one all were presumed."""
    with StandIn({"/v1/models": names("gpt-5.1", "gpt-4o")}) as host:
        environ = key(host)
        [(before,)] = sql(place, NOW)
        await refreshed(place, environ, "openai")
        [(between,)] = sql(place, NOW)
        host.routes = {"/v1/models": names("gpt-5.1")}
        await refreshed(place, environ, "openai")
        [(after,)] = sql(place, NOW)
    with closing(open_catalog(place)) as connection:
        now = opened(connection, place, environ)
        then = [{e.spec.name for e in now.as_of(m).entries({})} for m in (before, between, after)]
    assert then == [set(KNOWN), {"gpt-5.1", "gpt-4o"}, {"gpt-5.1"}]


def test_a_source_that_is_gone_ends(place: Place, tmp_path: Path) -> None:
    """One of the user's providers.toml with the next refresh in whose file it is no more."""
    file = tmp_path / "p.toml"
    file.write_text("", "utf-8")
    with bare(place) as connection:
        seem_loaded(connection)
        for name, origin in (("gw", here(file)), ("other", "elsewhere:/p.toml")):
            given = {"name": name, "origin": origin}
            connection.execute(
                "INSERT INTO sources (name, keyed, origin) VALUES (:name, 1, :origin)", given
            )
            connection.execute(
                "INSERT INTO sightings (model_id, source) SELECT min(id), :name FROM models",
                {"name": name},
            )
    variables = {"MODELDEX_FEEDS": "0", "MODELDEX_PROVIDERS": str(file)}
    assert run_command(place, "refresh", **variables).code in (0, 1)
    present = sql(place, "SELECT DISTINCT source FROM sightings WHERE missing_since IS NULL")
    assert ("other",) in present
    assert ("gw",) not in present


def test_what_a_source_listed_is_forgotten_by_hand(place: Place) -> None:
    """Its offers are missing from it, its listings gone, facts and other sources stay."""
    with bare(place) as connection:
        seem_loaded(connection)
        connection.execute("INSERT INTO sources (name) VALUES ('mine')")
        connection.execute("INSERT INTO sightings (model_id, source) SELECT id, 'mine' FROM models")
    dry = run_command(place, "forget", "mine", "--dry-run", "--json").json
    assert dry == {"source": "mine", "dry_run": True, "offers": 8, "listings": 0}
    assert callable_at(place, {}) != set()
    assert run_command(place, "forget", "mine").code == 0
    assert callable_at(place, {}) == set()
    assert callable_at(place, {}, available=False) >= set(KNOWN)


@pytest.mark.sqlite_only("made by hand as an older version left it")
async def test_an_older_catalog_learns_which_sources_a_key_decides(place: Place) -> None:
    """Until the next refresh what they saw is callable, afterwards by the keys that list it."""
    with bare(place) as connection:
        connection.execute("INSERT INTO sources (name) VALUES ('openai')")
        connection.execute(
            "INSERT INTO sightings (model_id, source) SELECT id, 'openai' FROM models "
            "WHERE name = 'o3'"
        )
    assert callable_at(place, {}) == {"o3"}
    await refreshed(place, {})
    assert callable_at(place, {}) == set()
    assert callable_at(place, {"OPENAI_API_KEY": "k"}) == set(KNOWN)


# Accounts of clouds.

PROFILE = "[default]\naws_access_key_id = AKIA1\naws_secret_access_key = s\nregion = eu-west-1\n"
AWS = {"AWS_ACCESS_KEY_ID": "AKIA1", "AWS_SECRET_ACCESS_KEY": "s", "AWS_REGION": "us-east-1"}


@pytest.mark.sqlite_only("accounts have nothing to do with the engine")
def test_an_account_counts_alone_or_by_name(place: Place) -> None:
    """Bedrock's offers of the region are presumed callable, unless a key of somebody is set."""
    of_region = {"anthropic.claude", "us.anthropic.claude", "global.anthropic.claude"}
    token = {"AWS_BEARER_TOKEN_BEDROCK": "t", "AWS_REGION": "us-east-1"}
    assert callable_at(place, token) == of_region
    both = {**AWS, "OPENAI_API_KEY": "k"}
    assert callable_at(place, AWS) == of_region
    assert callable_at(place, both) == set(KNOWN)
    assert callable_at(place, both, provider="bedrock") == of_region
    assert "not asked what this account can call in us-east-1" in said(
        place, AWS, "anthropic.claude", "bedrock"
    )
    assert said(place, AWS, "eu.anthropic.claude", "bedrock") == (
        "not for calls from region us-east-1"
    )


def test_accounts_are_found_in_files(tmp_path: Path) -> None:
    """Amazon's and Google's, in the home or where a variable says; secrets stay there."""
    home = {"HOME": str(tmp_path)}
    assert account_of("bedrock", home) is account_of("vertex", home) is None
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "credentials").write_text(PROFILE, "utf-8")
    found = account_of("bedrock", home)
    assert found is not None
    assert found[1:] == ("default", "eu-west-1", None)
    missing = account_of("bedrock", {**home, "AWS_PROFILE": "work"})
    assert missing is not None
    assert "no profile work" in str(missing.problem)
    file = tmp_path / "google.json"
    file.write_text('{"type": "service_account", "private_key": "secret"}', "utf-8")
    google = account_of("vertex", {"GOOGLE_APPLICATION_CREDENTIALS": str(file)})
    assert google is not None
    assert google.problem is None
    assert "secret" not in repr((found, google))


@pytest.mark.parametrize("content", [b"\xff\xfe", b"aws_secret_access_key = s\n", b"[["])
def test_a_file_that_cannot_be_read_is_said_without_its_content(
    tmp_path: Path, content: bytes
) -> None:
    """One line, and no offers by an account that nobody can use."""
    file = tmp_path / "credentials"
    file.write_bytes(content)
    places = {
        "bedrock": "AWS_SHARED_CREDENTIALS_FILE", "vertex": "GOOGLE_APPLICATION_CREDENTIALS",
    }  # fmt: skip
    for provider, variable in places.items():
        found = account_of(provider, {variable: str(file)})
        assert found is not None
        assert "cannot be read" in str(found.problem)
        assert "secret" not in str(found.problem)
    environ = {variable: str(file) for variable in places.values()}
    assert bound(environ, ()) == ()
    told = run_command(tmp_path / "c.db", "status", "--json", **environ).json["configured"]
    assert [("cannot be read" in row["error"], row["how"]) for row in told.values()] == [
        (True, "unread"), (True, "unread"),
    ]  # fmt: skip


def test_the_region_of_a_profile_is_that_of_its_file(tmp_path: Path) -> None:
    """Where no variable names one."""
    (tmp_path / "config").write_text(
        "[profile work]\nregion = ap-northeast-1\nsso_session = x\n", "utf-8"
    )
    environ = {"AWS_CONFIG_FILE": str(tmp_path / "config"), "AWS_PROFILE": "work"}
    assert bound(environ, ()) == (Bound("bedrock", "account", region="ap-northeast-1"),)


# Cases of the field.


RIGHT: dict[str, tuple[str, set[str]]] = {
    "F01-endpoint-of-its-own": ("openai", {"llama-small", "qwen-mid"}),
    "F03-azure-not-deployed": ("azure_openai", {"prod-chat"}),
}


@pytest.mark.skipif(not CASES.is_dir(), reason="the field cases are elsewhere")
@pytest.mark.parametrize("name", RIGHT)
async def test_a_case_of_the_field_is_right(name: str, place: Place) -> None:
    """What its host lists for this key can be called, and nothing else."""
    played = json.loads((CASES / f"{name}.json").read_text("utf-8"))
    provider, right = RIGHT[name]
    with Field({}) as host:
        environ = {k: text.replace("{HOST}", host.url) for k, text in played["env"].items()}
        host.routes = played["steps"][0]["routes"]
        await refreshed(place, environ, provider)
    assert callable_at(place, environ) == right

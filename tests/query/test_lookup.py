"""Which offer a name means: exact names, spellings of a base model, and names with a suffix."""

from pathlib import Path
from typing import Any

import pytest

from command_line import environment, on_terminal, run_command, unstyled
from custom_parts import ListSource, spec
from modeldex import AmbiguousName, ModelNotFound, ModelRegistry
from modeldex.query.catalog import Catalog
from modeldex.query.lookup import exact, resolve
from modeldex.query.scope import Scope
from modeldex.storage.location import Place
from raw_catalog import bare
from scopes import presumed

TODAY = "2026-11-22"


@pytest.fixture
def shipped(shipped_catalog: Place) -> Any:
    """The shipped data, without a key."""
    with bare(shipped_catalog) as connection:
        yield Catalog(Path(), connection, Scope(TODAY))


MEANT = [
    ("claude-sonnet-4.5", (), "anthropic/claude-sonnet-4-5"),
    ("anthropic/claude-sonnet-4.5", (), "anthropic/claude-sonnet-4-5"),
    ("claude-sonnet-4-5-20250929", (), "anthropic/claude-sonnet-4-5-20250929"),
    ("sonnet-4.5", (), "anthropic/claude-sonnet-4-5"),
    ("gpt-4o", (), "openai/gpt-4o"),
    ("gpt-4o", ("azure_openai",), "azure_openai/gpt-4o"),
    ("gpt-4o", ("azure_openai", "openai"), "openai/gpt-4o"),
    ("gemini-2.5-flash", (), "gemini/gemini-2.5-flash"),
    ("llama-3.3-70b-instruct", ("groq",), "groq/llama-3.3-70b-versatile"),
    ("openrouter/claude-sonnet-4.5", (), "openrouter/anthropic/claude-sonnet-4.5"),
    ("groq:llama-3.3-70b", (), "groq/llama-3.3-70b-versatile"),
]
"""A name, the providers whose keys are set, and the offer that is meant."""


def test_a_bare_name_means_its_maker_s_offer_else_one_that_can_be_called(shipped: Catalog) -> None:
    """The maker's if it can be called, else a callable host's, else the maker's."""
    found = [
        resolve(shipped._replace(scope=Scope(TODAY, presumed(*keyed))), name).id
        for name, keyed, _ in MEANT
    ]
    assert found == [id_ for *_, id_ in MEANT]


def test_an_offer_of_no_known_base_hides_no_other(shipped_catalog: Place) -> None:
    """A row typed by hand, of which nothing is inferred yet, leaves a name as clear as it was."""
    with bare(shipped_catalog) as connection:
        connection.execute("INSERT INTO models (provider, name) VALUES ('acme', 'gpt-4o')")
        catalog = Catalog(Path(), connection, Scope(TODAY))
        assert resolve(catalog, "gpt-4o").id == "openai/gpt-4o"
        assert resolve(catalog, "acme/gpt-4o").id == "acme/gpt-4o"


def test_the_others_are_named(shipped: Catalog) -> None:
    """The remark says which other offers the name fits, and how many."""
    remark = str(resolve(shipped, "claude-sonnet-4.5").remark)
    assert remark.startswith("the name also fits anthropic/claude-sonnet-4-5-20250929, ")
    assert remark.endswith(" more")
    assert resolve(shipped, "anthropic/claude-sonnet-4-5").remark is None


@pytest.mark.parametrize(
    "name", ["gpt-4o-turbo-ultra", "gpt-5-turbo", "x/y", "claude-9000", "", "%"]
)
def test_what_nearly_fits_finds_nothing(shipped: Catalog, name: str) -> None:
    """A word more is another model; the error names similar ids where there are any."""
    with pytest.raises(ModelNotFound):
        resolve(shipped, name)


def test_a_name_of_several_bases_is_ambiguous(shipped: Catalog) -> None:
    """All bases that end so are named, and nothing is guessed."""
    with pytest.raises(AmbiguousName) as raised:
        resolve(shipped, "sonnet")
    assert {"anthropic/claude-3-sonnet", "anthropic/claude-3.5-sonnet"} <= {
        *raised.value.candidates
    }


def test_what_is_written_to_must_be_named_exactly(shipped_catalog: Place) -> None:
    """A measurement is never given to an offer that was guessed."""
    with bare(shipped_catalog) as connection:
        catalog = Catalog(Path(), connection, Scope(TODAY))
        with pytest.raises(AmbiguousName):
            exact(catalog, "gpt-4o")
        with pytest.raises(ModelNotFound):
            exact(catalog, "anthropic/claude-sonnet-4.5")
    refused = run_command(shipped_catalog, "measure", "add", "gpt-4o", "--ttft-ms", "300")
    assert (refused.code, "use one of these ids" in refused.err) == (1, True)


ROUTED = [
    ("openrouter/openai/gpt-4o:online", "openrouter/openai/gpt-4o", "web search"),
    ("openrouter/openai/gpt-oss-120b:nitro", "openrouter/openai/gpt-oss-120b", "fastest host"),
    ("openrouter:openai/gpt-4o:floor", "openrouter/openai/gpt-4o", "cheapest host"),
]


def test_a_suffix_that_routes_is_no_other_offer(shipped: Catalog) -> None:
    """The facts are those of the offer without it, and the remark says what the suffix does."""
    for name, id_, meaning in ROUTED:
        found = resolve(shipped, name)
        assert found.id == id_
        assert meaning in str(found.remark)
        assert f"those of {id_}" in str(found.remark)
    for name in ("openai/gpt-4o:nitro", "openrouter/openai/gpt-4o:thinking"):
        with pytest.raises(ModelNotFound):
            resolve(shipped, name)


GOOGLES = {
    ("gemini/models/made-up-1",): "gemini/made-up-1",
    ("gemini", "models/made-up-1"): "gemini/made-up-1",
    ("google:models/made-up-1",): "gemini/made-up-1",
    ("gemini/models/other",): "gemini/models/other",
    ("gemini/models/made-up-2",): None,
}
"""What a registry is asked for, and the offer that is meant."""


async def test_googles_own_form_of_a_name_is_taken(catalog_path: Place) -> None:
    """`models/NAME` is NAME, also where no base model is known; the form is told as an alias."""
    models = [spec(name, "gemini") for name in ("made-up-1", "models/other")]
    async with ModelRegistry([ListSource(models)], [], db=catalog_path, environ={}) as registry:
        await registry.refresh()
        found = {name: await registry.find_model(*name) for name in GOOGLES}
    assert {name: model and model.id for name, model in found.items()} == GOOGLES
    aliases = {model.matched_alias for model in found.values() if model}
    assert aliases == {"models/made-up-1", None}


def test_commands_take_such_names(shipped_catalog: Place) -> None:
    """Show and cost answer for a composed name; the remark is in JSON and in the plain table."""
    name = "openrouter/openai/gpt-oss-120b:nitro"
    shown = run_command(shipped_catalog, "show", name)
    assert "name\topenai/gpt-oss-120b" in shown.out
    assert "remark\t:nitro asks for the fastest host first" in shown.out
    cost = run_command(
        shipped_catalog, "cost", name, "--input-tokens", "1000", "--output-tokens", "10", "--json"
    )
    [model] = cost.json["models"]
    assert (model["id"], model["matched_alias"]) == (
        "openrouter/openai/gpt-oss-120b", "openai/gpt-oss-120b:nitro",
    )  # fmt: skip
    assert ":nitro" in model["remark"]


@pytest.mark.sqlite_only("terminals are not about the engine")
def test_a_terminal_is_told_what_was_meant(shipped_catalog: Path) -> None:
    """The hint stands on stderr, so that a pipe of stdout gets the answer alone."""
    done = on_terminal(
        "show", "claude-sonnet-4.5", env=environment(MODELDEX_DB=str(shipped_catalog))
    )
    assert "the name also fits" in unstyled(done.out + done.err)


async def test_a_registry_reads_names_so_too(shipped_catalog: Place) -> None:
    """find_model takes a bare name, and returns None for what no name fits."""
    async with ModelRegistry(db=shipped_catalog, environ={"OPENAI_API_KEY": "x"}) as registry:
        found = await registry.find_model("gpt-4o")
        assert found is not None
        assert (found.id, "azure_openai/gpt-4o" in str(found.remark)) == ("openai/gpt-4o", True)
        assert await registry.find_model("gpt-5-turbo") is None
        of_google = await registry.find_model("models/gemini-2.5-flash")
        assert (of_google and of_google.id) == "gemini/gemini-2.5-flash"
        assert await registry.find_model("anthropic", "claude-9000") is None
        with pytest.raises(AmbiguousName):
            await registry.find_model("sonnet")

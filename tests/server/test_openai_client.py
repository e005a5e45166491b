"""The official client of OpenAI's API, pointed at a running server."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from modeldex.query.typed import query_of
from modeldex.sync import ModelRegistry
from modeldex.vocabulary.criteria import EVERYTHING as LIFTED
from running_server import TOKEN, Serving

pytestmark = pytest.mark.sqlite_only("the documents are tested on both")

NAMES = ("openai/gpt-4o", "openrouter/openai/gpt-4o", "bedrock/anthropic.claude-haiku-4-5@20251001")
EVERYTHING = query_of(LIFTED, available=False)


def asking(server: Serving, key: str, kind: str = "OpenAI") -> Any:
    """The client, as its documentation makes it; it takes most of a second to import."""
    import openai

    http: Any = getattr(openai, f"Default{kind.replace('OpenAI', '')}HttpxClient")(trust_env=False)
    base = f"{server.url}/v1"
    return getattr(openai, kind)(base_url=base, api_key=key, http_client=http, max_retries=0)


@pytest.fixture(scope="module")
def catalog(_shipped: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is shipped; nobody writes to it."""
    return Path(shutil.copyfile(_shipped, tmp_path_factory.mktemp("openai") / "catalog.db"))


@pytest.fixture(scope="module")
def server(catalog: Path) -> Iterator[Serving]:
    """A server that answers nobody without the token."""
    with Serving(catalog, token=TOKEN) as serving:
        yield serving


@pytest.fixture(scope="module")
def client(server: Serving) -> Iterator[Any]:
    """The client with the token as its key."""
    with asking(server, TOKEN) as client:
        yield client


@pytest.fixture(scope="module")
def listed(client: Any) -> dict[str, Any]:
    """All models that its own paging goes through, by id."""
    page = client.models.list()
    assert (page.has_next_page(), page.object) == (False, "list")
    models = list(page)
    assert len({model.id for model in models}) == len(models)
    return {model.id: model for model in models}


@pytest.fixture(scope="module")
def known(catalog: Path) -> dict[str, Any]:
    """All that the library knows of the same catalog, by id."""
    with ModelRegistry(db=catalog, environ={}) as library:
        return {found.spec.id: found.capabilities for found in library.query(EVERYTHING)}


def test_it_lists_all_models_there_are(listed: dict[str, Any], known: dict[str, Any]) -> None:
    """Its own paging gives each model of the shipped catalog once."""
    assert len(listed) > 5_000
    assert listed.keys() == known.keys()


def test_it_is_told_when_a_model_shuts_down(listed: dict[str, Any], known: dict[str, Any]) -> None:
    """The day where it is known; where it is not, nothing is said of it."""
    ends = {
        name: model.to_dict()["shutdown_date"]
        for name, model in listed.items()
        if "shutdown_date" in model.to_dict()
    }
    expected = {name: each.retires_at[:10] for name, each in known.items() if each.retires_at}
    assert len(ends) > 100
    assert ends == expected


async def test_the_asynchronous_one_lists_them_too(server: Serving, listed: dict[str, Any]) -> None:
    """The same models in the same order."""
    async with asking(server, TOKEN, "AsyncOpenAI") as other:
        assert [model async for model in other.models.list()] == list(listed.values())


@pytest.mark.parametrize("name", NAMES)
def test_it_retrieves_a_model_by_the_id_of_the_list(
    client: Any, listed: dict[str, Any], name: str
) -> None:
    """Slashes and other characters in the id are no obstacle."""
    one = client.models.retrieve(name)
    assert one == listed[name]
    assert (one.id, one.object, one.owned_by) == (name, "model", name.partition("/")[0])


@pytest.mark.parametrize(
    ("name", "provider", "near"),
    [
        ("openai/gpt-4o-mimi", "openai", {"gpt-4o-mini"}),
        ("nobody/nothing", "nobody", set()),
        ("gpt-4o", None, {"gpt-4o"}),
    ],
)
def test_it_raises_not_found_of_its_own(
    client: Any, name: str, provider: str | None, near: set[str]
) -> None:
    """Its NotFoundError has our code, the name as it was asked for, and names that look like it."""
    import openai

    with pytest.raises(openai.NotFoundError, match=f"no model {name} in the catalog") as caught:
        client.models.retrieve(name)
    error = caught.value
    assert (error.status_code, error.code) == (404, "model_not_found")
    detail: Any = error.body["detail"]  # type: ignore[index]
    names = {each.partition("/")[2] for each in detail["near"]}
    assert (detail["provider"], names >= near, names == set()) == (provider, True, near == set())


@pytest.mark.parametrize("key", ["wrong-token-0123456789", TOKEN[:-1]])
def test_its_key_is_the_token(server: Serving, key: str) -> None:
    """Any other key is refused, as its AuthenticationError."""
    import openai

    with asking(server, key) as client, pytest.raises(openai.AuthenticationError) as caught:
        client.models.list()
    assert (caught.value.status_code, caught.value.code) == (401, "unauthorized")

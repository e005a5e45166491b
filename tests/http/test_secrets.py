"""No secret that a request holds is shown or stored, in whatever form its host repeats it."""

import json
import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import pytest

from cases import case
from misbehaving_host import Reply, Seen, StandIn, error, ok
from modeldex import ModelRegistry
from modeldex.errors import SourceFailed
from modeldex.http.client import fetch_changed, fetch_json
from modeldex.query.catalog import Catalog
from modeldex.query.scope import Scope
from modeldex.refresh import health
from modeldex.sources.listing import ListingSource
from modeldex.storage.location import Place
from modeldex.storage.open import open_catalog
from modeldex.upstream.provider_api import ProviderListing
from modeldex.upstream.remote.registry import RemoteRegistry
from modeldex.vocabulary import clock
from modeldex.vocabulary.redaction import redact, redact_call, shown_path

SECRET = "pa55-w0rd+of/some?one"  # noqa: S105
PATH_SECRET = "Zk81nQ-wv72Lm"  # noqa: S105

FORMS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "in capitals": str.upper,
    "percent-encoded": lambda text: quote(text, safe=""),
    "percent-encoded in part": quote,
    "percent-encoded twice": lambda text: quote(quote(text, safe=""), safe=""),
    "every letter percent-encoded": lambda text: "".join(f"%{ord(c):02X}" for c in text),
    "with slashes escaped": lambda text: text.replace("/", "\\/"),
    "in base64": lambda text: b64encode(text.encode()).decode(),
    "in base64 without its end": lambda text: b64encode(text.encode()).decode().rstrip("="),
    "in base64 of URLs": lambda text: urlsafe_b64encode(text.encode()).decode(),
    "inside of base64, 1": lambda text: b64encode(f"?{text}&more".encode()).decode(),
    "inside of base64, 2": lambda text: b64encode(f"??{text}&more".encode()).decode(),
}


def remains(told: str, secret: str = SECRET) -> bool:
    """Whether a text shows a third of the secret, in plain or inside of base64."""
    size = len(secret) // 3
    pieces = [secret[at : at + size] for at in range(len(secret) - size + 1)]
    encoded = b64encode(secret.encode()).decode()
    pieces += [encoded[at : at + 8] for at in range(0, len(encoded) - 8, 4)]
    return any(piece.lower() in told.lower() for piece in pieces)


def echoing(form: Callable[[str], str]) -> Callable[[Seen], Reply]:
    """A host that repeats the Authorization header and the path of a request in its refusal."""

    def answer(seen: Seen) -> Reply:
        sent = seen.headers.get("authorization", "")
        words = (form(sent), form(sent.partition(" ")[2]), form(SECRET), form(seen.path))
        return error(400, {"error": {"message": f"no: {' '.join(words)}"}})

    return answer


@pytest.mark.parametrize("form", FORMS)
async def test_a_password_in_a_url_is_not_repeated(form: str) -> None:
    """The client makes a header of user and password: what is hidden is what left."""
    with StandIn({"/x": echoing(FORMS[form])}) as host:
        url = host.url.replace("//", f"//user:{quote(SECRET, safe='')}@")
        with pytest.raises(SourceFailed) as caught:
            await fetch_json(f"{url}/x", source="test")
    [seen] = host.requests
    assert seen.headers["authorization"] == f"Basic {b64encode(f'user:{SECRET}'.encode()).decode()}"
    assert "HTTP 400: no:" in caught.value.reason
    assert not remains(caught.value.reason), caught.value.reason


CARRIERS: dict[str, Mapping[str, str]] = {
    "authorization": {"authorization": f"Bearer {SECRET}"},
    "a header of any name": {"x-tenant": SECRET},
    "a cookie": {"cookie": f"a=1; session={SECRET}"},
    "basic": {"authorization": f"Basic {b64encode(f'me:{SECRET}'.encode()).decode()}"},
}


@pytest.mark.parametrize("carrier", CARRIERS)
@pytest.mark.parametrize("form", FORMS)
def test_a_secret_of_any_header_is_hidden(carrier: str, form: str) -> None:
    """In every form, with what stands around it."""
    told = redact_call(f"bad {FORMS[form](SECRET)}, sorry", "https://h/v1", CARRIERS[carrier])
    assert not remains(told), told
    assert told.startswith("bad ")
    assert told.endswith("sorry")


def test_ordinary_words_stay() -> None:
    """What a request says of itself, and the usual paths of an API, are no secrets."""
    text = "415: application/json from modeldex for /compatible-mode/v1/models of model gpt-5"
    headers = {
        "accept": "application/json", "user-agent": "modeldex", "authorization": f"Bearer {SECRET}",
    }  # fmt: skip
    assert redact_call(text, "https://h/compatible-mode/v1/models?limit=1000", headers) == text


def test_secrets_in_addresses_of_the_environment_are_hidden() -> None:
    """The user info of a proxy, a database or a host without a scheme, the path of a gateway."""
    environ = {
        "HTTPS_PROXY": f"http://me:{quote(SECRET, safe='')}@proxy:3128",
        "OLLAMA_HOST": "me:another-pass@host",
        "MODELDEX_REGISTRIES": f"a=https://h/{PATH_SECRET}/x,https://i",
    }
    basic = b64encode(f"me:{SECRET}".encode()).decode()
    text = f"{basic} {SECRET} another-pass /{PATH_SECRET}/x"
    assert redact(text, environ) == "*** *** *** /***/x"


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/v1beta1/models", "/v1beta1/models"),
        ("/inference/openai-compatible/v1", "/inference/openai-compatible/v1"),
        (f"/p/{PATH_SECRET}/v1", "/p/***/v1"),
        ("/0123456789abcdef/v1", "/***/v1"),
        ("/CorrectHorse", "/***"),
        ("/correct-horse-battery", "/***"),
    ],
)
def test_what_may_be_a_secret_in_a_path_is_not_shown(path: str, shown: str) -> None:
    """Long segments, and those with digits or capitals, are hidden; words of an API are not."""
    assert shown_path(path, ["openai-compatible"]) == shown


@pytest.mark.parametrize("answer", ["refusal", "list"])
async def test_no_secret_of_an_address_is_stored(catalog_path: Place, answer: str) -> None:
    """Neither the catalog nor its status holds a password or path segment of a base URL."""
    answers = {"refusal": echoing(str), "list": ok({"data": [{"id": "m"}]})}
    paths = (f"/p/{PATH_SECRET}{path}" for path in ("/models", "/v1/models"))
    with StandIn(dict.fromkeys(paths, answers[answer])) as host:
        url = host.url.replace("//", f"//user:{quote(SECRET, safe='')}@")
        environ = {"LM_STUDIO_API_KEY": "", "MODELDEX_VLLM_BASE_URL": f"{url}/p/{PATH_SECRET}/v1"}
        source = ListingSource(ProviderListing("vllm", environ))
        async with ModelRegistry([source], [], db=catalog_path, environ=environ) as registry:
            report = await registry.refresh()
    assert report.status == ("ok" if answer == "list" else "failed")
    with closing(open_catalog(catalog_path)) as connection:
        today = Scope(clock.day())
        told = json.dumps(health.status(Catalog(catalog_path, connection, today), environ))
        for table in ("run_steps", "listings", "about", "sources"):
            told += str(connection.execute(f"SELECT * FROM {table}").fetchall())
    assert re.search(r"127\.0\.0\.1:\d+", told)
    assert not remains(told)
    assert not remains(told, PATH_SECRET)
    if isinstance(catalog_path, Path):
        for file in catalog_path.parent.iterdir():
            assert PATH_SECRET.encode() not in file.read_bytes()


async def test_no_secret_becomes_a_validator() -> None:
    """The ETag of an answer is stored, unless it repeats what was sent."""

    def answer(seen: Seen) -> Reply:
        etag = seen.headers.get("authorization", "v1").partition(" ")[2] or "v1"
        return 200, {"etag": f'"{b64encode(etag.encode()).decode()}"'}, b"[]"

    found = []
    with StandIn({"/x": answer}) as host:
        for headers in ({}, {"authorization": f"Bearer {SECRET}"}):
            got = await fetch_changed(
                f"{host.url}/x", source="test", validator=None, headers=headers
            )
            found.append(got.validator)
    assert found == ['etag:"djE="', None]


def test_two_secret_paths_are_two_listings() -> None:
    """What is hidden of an address counts as a part of its key."""
    found = []
    for secret in (PATH_SECRET, PATH_SECRET[::-1]):
        environ = {"MODELDEX_VLLM_BASE_URL": f"http://h/p/{secret}/v1"}
        asked = ProviderListing("vllm", environ).asked
        assert asked is not None
        found.append((asked.address, asked.fingerprint("salt")))
    assert [address for address, _ in found] == ["http://h/p/***"] * 2
    assert found[0] != found[1]


def test_a_registry_is_not_named_after_a_secret() -> None:
    """The name of a source is shown everywhere."""
    assert RemoteRegistry(f"https://h/p/{PATH_SECRET}/mcp").name == "remote:h/p/..."


async def test_every_answer_in_every_form_at_once() -> None:
    """A message that holds several forms of a secret loses all of them."""
    told = " ".join(form(SECRET) for form in FORMS.values())
    with case("all"):
        shown = redact_call(told, "http://h", {"x-api-key": SECRET})
        assert not remains(shown), shown

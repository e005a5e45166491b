"""Keys go to their own host in a header and nowhere else: everything that is left is searched.

A secret of its own stands in every variable that may hold one, and hosts that misbehave say
them back in every way they can.
"""

import base64
import contextlib
import json
import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, urlsplit

import pytest

from command_line import MODELS, CommandResult, environment, pasted, run_command, small_catalog
from misbehaving_host import Reply, Seen, StandIn, reset
from modeldex.storage.location import Place, Postgres
from modeldex.upstream.datasets import FEEDS
from modeldex.vocabulary.providers import providers
from raw_catalog import bare, contents
from reference_host import listed, root

MARK = "canary"
KEYS = {
    key: f"{MARK}{n:04d}secret/+={n:04d}"
    for n, key in enumerate(sorted({key for p in providers().values() for key in p.keys}))
}
USER, QUERY, TOKEN = f"{MARK}-user-pw", f"{MARK}-in-query", f"{MARK}-token-of-an-hour"
PASSWORD = f"{MARK}-of-the-server"
SECRETS = {*KEYS.values(), USER, QUERY, TOKEN, PASSWORD}


def forms(secret: str) -> set[bytes]:
    """A secret as it is, quoted in an address, escaped in JSON, and in a basic authorization."""
    basic = base64.b64encode(f"someone:{secret}".encode())
    return {
        secret.encode(), quote(secret, safe="").encode(), json.dumps(secret)[1:-1].encode(), basic,
    }  # fmt: skip


NEEDLES = {needle for secret in SECRETS for needle in forms(secret)} | {MARK.encode()}


def hits(content: bytes) -> list[bytes]:
    """The secrets in some bytes."""
    return [needle for needle in NEEDLES if needle in content] if MARK.encode() in content else []


# Hosts.


def said_back(seen: Seen) -> bytes:
    """Everything that came, as an error message would repeat it."""
    headers = " ".join(f"{name}: {value}" for name, value in seen.headers.items())
    return f"bad request {seen.path} {headers} {seen.body.decode()}".encode()


def telling(status: int) -> object:
    """A refusal that repeats the request in the message of its JSON."""

    def reply(seen: Seen) -> Reply:
        body = {"error": {"message": said_back(seen).decode(), "code": said_back(seen).decode()}}
        return status, {"retry-after": "0"}, json.dumps(body).encode()

    return reply


def page(seen: Seen) -> Reply:
    """A page in HTML that repeats the request."""
    return 200, {"content-type": "text/html"}, b"<html>" + said_back(seen)


def elsewhere(seen: Seen) -> Reply:
    """A redirect that is not followed, with what was sent in the host and path of its address."""
    basic = seen.headers.get("authorization", "").removeprefix("Basic ")
    with contextlib.suppress(ValueError):
        basic += base64.b64decode(basic, validate=True).decode()
    sent = [secret for secret in (QUERY, USER, TOKEN) if secret in f"{seen.path} {basic}"]
    address = f"ftp://{'.'.join([*sent, 'invalid'])}/{quote(said_back(seen))}"
    return 302, {"location": address}, b""


def rows_of_junk(seen: Seen) -> Reply:
    """A listing whose rows are no rows, under keys that repeat the request."""
    junk = {said_back(seen).decode(): 1}
    body = {key: [junk, junk] for key in ("data", "models", "resources", "modelSummaries")}
    return 200, {}, json.dumps(body).encode()


def broken_off(_seen: Seen) -> Reply:
    """The connection is reset in the middle."""
    return reset(b'{"data": [')


def listing(_seen: Seen) -> Reply:
    """A listing of two models in every shape at once."""
    rows = [{"id": name, "name": name, "model_id": name, "key": name} for name in ("m1", "m2")]
    body = dict.fromkeys(("data", "models", "resources"), rows)
    return 200, {"etag": '"1"'}, json.dumps({**body, "access_token": TOKEN}).encode()


KINDS = {
    "401": telling(401), "400": telling(400), "403": telling(403), "404": telling(404),
    "422": telling(422), "500": telling(500), "HTML": page, "redirect": elsewhere,
    "junk": rows_of_junk, "reset": broken_off, "success": listing,
}  # fmt: skip


BY_DAY = ("401", "success")
"""The ways in which all hosts answer in every run; the others are mixed."""

MIXED = "each in its way"


class Host(StandIn):
    """Answers every path in one way, or each provider's in another; the token service works."""

    def __init__(self, kind: str) -> None:
        super().__init__({})
        self.kind = kind
        self.ways: dict[str, str] = {}

    def _way(self, prefix: str) -> str:
        if self.kind != MIXED:
            return self.kind
        kinds = list(KINDS)
        return self.ways.setdefault(prefix, kinds[sum(prefix.encode()) % len(kinds)])

    def answer(self, seen: Seen) -> Reply:
        """The one answer to everything of a provider."""
        self.requests.append(seen)
        prefix = seen.path.split("/")[1].partition("?")[0]
        reply = listing if seen.path == "/iam" else KINDS[self._way(prefix)]
        answer: Reply = reply(seen)  # type: ignore[operator]
        return answer


def variables(url: str) -> dict[str, str]:
    """All keys set; each host, feed and server asked at `url`, with secrets in the addresses."""
    there = urlsplit(url).netloc
    secretly = f"http://someone:{USER}@{there}"
    return {
        **KEYS,
        **{f"MODELDEX_{p.id.upper()}_BASE_URL": f"{url}{root(p)}" for p in listed()},
        **{f"MODELDEX_{name.upper()}_URL": f"{secretly}/{name}?token={QUERY}" for name in FEEDS},
        "MODELDEX_VLLM_BASE_URL": f"{secretly}/vllm/v1",
        "MODELDEX_IBM_IAM_URL": f"{url}/iam",
        "MODELDEX_FEEDS": "1",
        "OLLAMA_BASE_URL": f"{secretly}/ollama",
    }


# What is left.


class Left(NamedTuple):
    """What commands left behind."""

    outputs: Mapping[str, str]
    files: Mapping[str, bytes]
    logged: str

    def found(self) -> dict[str, list[bytes]]:
        """Where a secret was found."""
        texts = {name: text.encode() for name, text in self.outputs.items()}
        places = {**texts, **self.files, "log": self.logged.encode()}
        return {name: found for name, content in places.items() if (found := hits(content))}


COMMANDS = [
    ("refresh", "--json"), ("refresh",), ("status", "--json"), ("doctor", "--json"),
    ("refresh", "--dry-run", "--json"), ("best", "--known", "--json"),
    ("best", "--tier", "best", "--max-input-cost", "0", "--json"), ("list", "--known", "--json"),
    ("show", "openai/flagship", "--json"), ("show", "--all", "groq/m1", "--json"),
    ("providers", "--json"), ("providers",), ("providers", "openai", "--json"),
    ("providers", "vllm", "--json"), ("plugins", "--json"), ("status",),
]  # fmt: skip


def _printed(done: CommandResult) -> str:
    return f"{done.code}\n{done.out}\n{done.err}"


def _everything(record: logging.LogRecord) -> str:
    return f"{record.getMessage()} {vars(record)!r}"


@pytest.fixture
def small(catalog_path: Place) -> Place:
    """A catalog of a few models that seems to be loaded; on a server by a URL with a password."""
    place = small_catalog(catalog_path, MODELS)
    if isinstance(place, Postgres):
        return Postgres(place.url.replace("catalog@", f"catalog:{PASSWORD}@"))
    return Path(place)


def address(place: Place) -> str:
    """What MODELDEX_DB holds, with the password."""
    return place.url if isinstance(place, Postgres) else str(place)


def written(place: Place) -> dict[str, bytes]:
    """All that is stored of a catalog."""
    if isinstance(place, Path):
        return {path.name: path.read_bytes() for path in place.parent.glob("*.db*")}
    with bare(place) as connection:
        return {table: json.dumps(rows).encode() for table, rows in contents(connection).items()}


@pytest.mark.parametrize(
    "kind",
    [
        "401",
        pytest.param("success", marks=pytest.mark.promised),  # as some of MIXED are
        pytest.param(MIXED, marks=pytest.mark.promised_on_server),
        *(pytest.param(k, marks=pytest.mark.nightly) for k in KINDS if k not in BY_DAY),
    ],
)
def test_no_secret_is_left_anywhere(
    kind: str, small: Place, caplog: pytest.LogCaptureFixture
) -> None:
    """Database, journals, stdout, stderr and log at DEBUG hold none of the secrets sent."""
    caplog.set_level(logging.DEBUG)
    outputs: dict[str, str] = {}
    with Host(kind) as host:
        environ = {**variables(host.url), "MODELDEX_DB": address(small)}
        for command in COMMANDS if kind == "401" else COMMANDS[:4]:
            outputs[" ".join(command)] = _printed(run_command(None, *command, **environ))
        told = "\n".join(said_back(seen).decode() for seen in host.requests)
    stored = written(small)
    left = Left(outputs, stored, "\n".join(map(_everything, caplog.records)))
    assert left.found() == {}
    # the secrets were sent, hosts were heard, and what is searched is what was written
    assert sum(secret in told for secret in KEYS.values()) >= len(listed()) - 9
    assert TOKEN in told
    assert b"SQLite format 3" in stored.get("catalog.db", b"") or b"groq" in stored["run_steps"]
    assert '"groq"' in outputs["refresh --json"]
    assert kind != MIXED or set(host.ways.values()) == KINDS.keys()


def test_the_search_finds_what_is_there() -> None:
    """A secret is found in each of its forms."""
    assert [n for s in SECRETS for n in forms(s) if not hits(b"x " + n + b" canary")] == []
    assert hits(b"nothing to see") == []


LOGGED = """
import logging, sys
logging.basicConfig(level=logging.DEBUG, stream=sys.stderr)
from modeldex.cli import main
sys.argv = ["modeldex", *sys.argv[1:]]
main()
"""


@pytest.mark.promised_on_server
def test_a_process_of_its_own_tells_nothing(small: Place) -> None:
    """With every log record on stderr a refresh as cron runs it tells no secret."""
    with Host(MIXED) as host:
        environ = environment(**variables(host.url), MODELDEX_DB=address(small))
        done = pasted(LOGGED, "refresh", "--json", env=environ)
    assert (hits(done.out.encode()), hits(done.err.encode())) == ([], [])
    assert "DEBUG:" in done.err
    assert done.json["steps"] != []
    assert [name for name, content in written(small).items() if hits(content)] == []


@pytest.mark.promised_on_server
def test_a_key_goes_to_its_own_host_only(small: Place) -> None:
    """After a redirect to another origin no key and no password travels along."""
    with Host("success") as other, Host("success") as host:
        there = other.url
        host.answer = lambda seen: (302, {"location": f"{there}{seen.path}"}, b"")  # type: ignore[method-assign]
        run_command(small, "refresh", **variables(host.url))
    assert len(other.requests) > len(FEEDS)
    kept = ("accept", "accept-encoding", "connection", "host", "user-agent")
    sent = {name for seen in other.requests for name in seen.headers}
    assert sent - {*kept, "if-none-match", "if-modified-since"} == set()
    assert hits("\n".join(seen.headers["host"] for seen in other.requests).encode()) == []


def test_every_variable_is_watched() -> None:
    """Each key variable of each provider holds a secret that is told from every other."""
    assert len(set(KEYS.values())) == len(KEYS) > 100
    assert set(os.environ) & set(KEYS) == set()

"""Who may ask the server, what leaves it, and that asking writes nothing."""

import base64
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from command_line import MODELS, piped, run_command, small_catalog
from modeldex.server.auth import InsecureSetting, Rules, hostname, rules
from modeldex.storage.sqlite.open import open_reader
from running_server import BEARER, TOKEN, Serving, parsed

CANARY = "sk-canary-6f1d2c"


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A catalog of a few models."""
    return small_catalog(tmp_path_factory.mktemp("guarded") / "catalog.db", MODELS)


@pytest.fixture(scope="module")
def open_server(catalog: Path) -> Iterator[Serving]:
    """As it is started on a laptop: loopback, no token; one more name is allowed."""
    with Serving(catalog, "--allow-host", "models.example.com:443") as serving:
        yield serving


@pytest.fixture(scope="module")
def locked_server(catalog: Path) -> Iterator[Serving]:
    """With a token."""
    env = {"OPENAI_API_KEY": CANARY, "ANTHROPIC_API_KEY": CANARY}
    with Serving(catalog, token=TOKEN, env=env) as serving:
        yield serving


# Host and Origin, against pages that make a browser ask.

HOSTS = {
    "127.0.0.1": True, "127.0.0.1:8765": True, "localhost": True, "LOCALHOST:1": True,
    "localhost.": True, "[::1]:8765": True, "models.example.com": True,
    "models.example.com:8765": True,
    "evil.example": False, "evil.example:8765": False, "localhost.evil.example": False,
    "127.0.0.1.evil.example": False, "evil.example.localhost.": False, "0.0.0.0": False,  # noqa: S104
    "127.0.0.2": False, "127.1": False, "2130706433": False, "[::]": False, "::1": False,
    "[::ffff:127.0.0.1]": False, "localhost:8765@evil.example": False, "local host": False,
    "localhost/": False, "localhost:": False, "localhost:x": False, "example.com": False,
    "xmodels.example.com": False, "": False,
}  # fmt: skip
ORIGINS = {
    "http://localhost": True, "http://127.0.0.1:8765": True, "https://models.example.com": True,
    "http://[::1]:8765": True,
    "null": False, "http://evil.example": False, "https://evil.example:8765": False,
    "http://localhost.evil.example": False, "file://": False, "chrome-extension://localhost": False,
    "localhost": False, "//localhost": False, "http://localhost/path": False,
    "http://localhost@evil.example": False, "": False,
}  # fmt: skip
PATHS = (
    ("GET", "/best"),
    ("POST", "/query"),
    ("POST", "/mcp"),
    ("GET", "/"),
    ("POST", "/mcp/"),
    ("GET", "/healthz/"),
)


def outcome(server: Serving, method: str, path: str, **headers: str) -> str:
    """What the gate says; anything else has come through."""
    answer = server.request(path, method, headers, b"{}" if method == "POST" else None)
    refused = answer.status in (403, 421)
    return answer.error["code"] if refused else "through"


@pytest.mark.parametrize(("method", "path"), PATHS)
def test_only_names_of_ours_are_answered(open_server: Serving, method: str, path: str) -> None:
    """A hostile Host gets 421, a hostile Origin 403, on every route, before anything is done."""
    by_host = {host: outcome(open_server, method, path, Host=host) for host in HOSTS}
    by_origin = {given: outcome(open_server, method, path, Origin=given) for given in ORIGINS}
    assert by_host == {host: "through" if ok else "unknown_host" for host, ok in HOSTS.items()}
    assert by_origin == {
        given: "through" if ok else "foreign_origin" for given, ok in ORIGINS.items()
    }


@pytest.mark.parametrize("path", ["/healthz", "/metrics"])
def test_probes_and_scrapers_come_by_address(
    open_server: Serving, locked_server: Serving, path: str
) -> None:
    """Health and metrics are answered for any Host; pages of other sites and the token are not."""
    by_host = {host: outcome(open_server, "GET", path, Host=host) for host in HOSTS}
    by_origin = {given: outcome(open_server, "GET", path, Origin=given) for given in ORIGINS}
    assert set(by_host.values()) == {"through"}
    assert by_origin == {
        given: "through" if ok else "foreign_origin" for given, ok in ORIGINS.items()
    }
    bare = open_server.send_raw(f"GET {path} HTTP/1.0\r\n\r\n".encode())
    assert parsed(bare).status == 200
    locked = locked_server.request(path, "GET", {"Host": "10.0.0.7:8765"})
    assert locked.status == {"/healthz": 200, "/metrics": 401}[path]


def test_no_name_and_two_names_are_no_name(open_server: Serving) -> None:
    """What a proxy and we might read differently is refused."""
    heads = {
        "none": b"GET /best HTTP/1.0\r\n\r\n",
        "two": b"GET /best HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n",
        "two origins": b"GET /best HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        b"Origin: http://localhost\r\nOrigin: http://evil.example\r\n\r\n",
        "in the path": b"GET http://localhost/best HTTP/1.1\r\nHost: evil.example\r\n"
        b"Connection: close\r\n\r\n",
    }
    answers = {name: parsed(open_server.send_raw(head)).status for name, head in heads.items()}
    assert answers == {"none": 421, "two": 400, "two origins": 403, "in the path": 421}


def test_the_address_it_listens_on_is_a_name_of_it() -> None:
    """Unless that is every address; names to allow may come with a port or as URLs."""
    given = ("a.example:8080", "https://b.example/", "[2001:db8::1]:80", "2001:db8::2")
    made = {host: rules(host, token=TOKEN, allowed=given).names for host in ("10.0.0.5", "0.0.0.0")}  # noqa: S104
    loopback = {"localhost", "127.0.0.1", "::1"}
    allowed = {"a.example", "b.example", "2001:db8::1", "2001:db8::2"}
    assert made == {"10.0.0.5": {*loopback, *allowed, "10.0.0.5"}, "0.0.0.0": {*loopback, *allowed}}  # noqa: S104
    with pytest.raises(InsecureSetting, match="expected a host name"):
        rules("127.0.0.1", allowed=["two words"])


# The token.

CREDENTIALS: dict[bytes | None, int] = {
    None: 401,
    b"": 401,
    b"Bearer": 401,
    b"Bearer ": 401,
    b"Bearer " + TOKEN[:-1].encode(): 401,
    b"Bearer " + TOKEN.upper().encode(): 401,
    b"Bearer " + TOKEN.encode() + b"x": 401,
    b"Bearer \xe2\x82\xac\xff": 401,
    b"Token " + TOKEN.encode(): 401,
    TOKEN.encode(): 401,
    b"Basic " + TOKEN.encode(): 401,
    b"Basic \xff\xff": 401,
    b"Basic " + base64.b64encode(b"me:wrong"): 401,
    b"Bearer " + b"x" * 20_000: 401,
    b"Bearer " + TOKEN.encode(): 200,
    b"bearer   " + TOKEN.encode(): 200,
    b"Basic " + base64.b64encode(f"me:{TOKEN}".encode()): 200,
}


def test_only_the_token_opens(locked_server: Serving) -> None:
    """Anything else, non-ASCII bytes too, is a 401 that says what is wanted."""
    answers = {}
    for credential in CREDENTIALS:
        line = b"" if credential is None else b"Authorization: " + credential + b"\r\n"
        head = b"GET /best HTTP/1.1\r\nHost: localhost\r\n" + line + b"Connection: close\r\n\r\n"
        answers[credential] = parsed(locked_server.send_raw(head))
    refused = [each for each in answers.values() if each.status == 401]
    assert {key: each.status for key, each in answers.items()} == CREDENTIALS
    assert {each.error["code"] for each in refused} == {"unauthorized"}
    assert all("Bearer" in each.headers["www-authenticate"] for each in refused)


def test_two_credentials_are_none(locked_server: Serving) -> None:
    """A second header cannot ride on the first."""
    line = b"Authorization: Bearer " + TOKEN.encode() + b"\r\n"
    head = b"GET /best HTTP/1.1\r\nHost: localhost\r\n" + line * 2 + b"Connection: close\r\n\r\n"
    assert parsed(locked_server.send_raw(head)).status == 401


def test_all_but_the_health_check_needs_the_token(locked_server: Serving) -> None:
    """Also what does not exist: without it nobody learns what there is."""
    paths = ("/best", "/models", "/metrics", "/openapi.json", "/v1/models", "/", "/nothing", "/mcp")
    without = {path: locked_server.request(path).status for path in paths}
    assert without == dict.fromkeys(paths, 401)
    assert locked_server.request("/healthz").status == 200
    assert locked_server.request("/best", headers=BEARER).status == 200


SAMPLE = {"measurements": [{"provider": "groq", "name": "shared", "tokens_per_second": 5}]}


def test_nothing_is_written_without_the_token(
    catalog: Path, open_server: Serving, locked_server: Serving
) -> None:
    """Not to a server without one, not with a wrong one."""
    statuses = [
        open_server.request("/measurements", "POST", body=SAMPLE).status,
        open_server.request("/measurements", "POST", BEARER, SAMPLE).status,
        locked_server.request("/measurements", "POST", body=SAMPLE).status,
        locked_server.request(
            "/measurements", "POST", {"authorization": "Bearer x"}, SAMPLE
        ).status,
    ]
    assert statuses == [403, 403, 401, 401]
    with closing(sqlite3.connect(catalog)) as connection:
        assert connection.execute("SELECT count(*) FROM measurements").fetchone() == (0,)


def test_a_reading_connection_cannot_write(catalog: Path) -> None:
    """The connection that answers is read-only to SQLite itself."""
    with (
        closing(open_reader(catalog)) as connection,
        pytest.raises(sqlite3.OperationalError, match="readonly"),
    ):
        connection.execute("DELETE FROM models")


# Starting.

REFUSED = {
    ("--host", "0.0.0.0"): "can be reached from other machines",  # noqa: S104
    ("--host", "::"): "can be reached from other machines",
    ("--host", "192.0.2.1"): "can be reached from other machines",
    ("--host", "models.example.com"): "can be reached from other machines",
    ("--host", "0.0.0.0", "--token-file", "short"): "16 or more",  # noqa: S104
    ("--token-file", "short"): "16 or more",
    ("--token-file", "blanks"): "16 or more",
    ("--token-file", "accents"): "16 or more",
    ("--token-file", "empty"): "16 or more",
    ("--token-file", "absent"): "No such file",
    ("--allow-host", "a b"): "expected a host name",
    ("--port", "99999"): "0<=x<=65535",
}
FILES = {"short": "abc\n", "blanks": "a b c d e f g h i j k l", "accents": "é" * 20, "empty": ""}


def test_what_is_not_safe_does_not_start(catalog: Path, tmp_path: Path) -> None:
    """One line says what to do instead, the token is not in it, and nothing listens."""
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, "utf-8")
    told = {}
    for options, reason in REFUSED.items():
        given = [str(tmp_path / each) if each in (*FILES, "absent") else each for each in options]
        done = run_command(catalog, "serve", *given)
        told[options] = (done.code in (1, 2), reason in done.err, done.out)
    assert told == dict.fromkeys(REFUSED, (True, True, ""))


def test_a_refusal_is_one_line(catalog: Path) -> None:
    """Of a real process: no traceback, and an exit code that says it was asked wrong."""
    done = piped("--db", str(catalog), "serve", "--host", "0.0.0.0")  # noqa: S104
    assert (done.code, done.out) == (2, "")
    assert done.err.splitlines()[-1].endswith("or allow reads without a token with --open-reads")


def test_only_loopback_is_safe_without_a_token() -> None:
    """Every other address needs one, or the word that everybody may read."""
    safe = ("127.0.0.1", "127.9.9.9", "::1", "localhost", "LOCALHOST")
    wide = ("0.0.0.0", "::", "", "10.0.0.1", "8.8.8.8", "fe80::1", "example.com", "localhost.x")  # noqa: S104
    refused = [host for host in (*safe, *wide) if _refuses(host)]
    forced = [rules(host, open_reads=True).token for host in wide]
    assert refused == list(wide)
    assert forced == [None] * len(wide)


def _refuses(host: str) -> bool:
    try:
        rules(host)
    except InsecureSetting:
        return True
    return False


# What leaves.


def test_every_response_carries_the_headers(open_server: Serving) -> None:
    """Answers, refusals and what cannot be read alike: nothing is sniffed, framed or inlined."""
    answers = [
        open_server.request("/best"),
        open_server.request("/best", headers={"if-none-match": "*"}),
        open_server.request("/nothing"),
        open_server.request("/best", "DELETE"),
        open_server.request("/best", headers={"host": "evil.example"}),
        open_server.request("/measurements", "POST", body=SAMPLE),
        parsed(open_server.send_raw(b"NONSENSE\r\n\r\n")),
    ]
    assert [each.status for each in answers] == [200, 304, 404, 405, 421, 403, 400]
    policies = {each.headers["content-security-policy"] for each in answers}
    assert {each.headers["x-content-type-options"] for each in answers} == {"nosniff"}
    assert {each.headers["x-frame-options"] for each in answers} == {"DENY"}
    assert len(policies) == 1
    assert "default-src 'none'" in policies.pop()
    assert [name for each in answers for name in each.headers if "access-control" in name] == []
    assert {each.headers.get("server") for each in answers} == {None}


def test_no_secret_leaves(catalog: Path, locked_server: Serving) -> None:
    """Neither keys nor the token, nor where the catalog is: in no answer and in no log line."""
    described = json.loads(locked_server.request("/openapi.json", headers=BEARER).body)
    targets = [path.replace("{", "").replace("}", "") for path in described["paths"]]
    targets += ["/", "/models/openai/flagship", "/nothing"]
    answers = [locked_server.request(each, headers=BEARER) for each in targets]
    answers += [locked_server.request(each) for each in targets]
    sent = b"".join(each.body + repr(each.headers).encode() for each in answers)
    secrets = (CANARY, TOKEN, str(catalog.parent))
    assert len(targets) > 15
    assert [secret for secret in secrets if secret.encode() in sent] == []
    assert [line for line in locked_server.told[1:] for s in secrets if s in line] == []


def test_names_are_read_as_browsers_read_them() -> None:
    """Case, a last dot, a port and brackets do not matter; anything odd is no name."""
    given = {"Localhost:80": "localhost", "[::1]": "::1", "a.b.": "a.b", "[::1": None, "a b": None}
    assert {each: hostname(each) for each in given} == given
    assert Rules(frozenset({"a"})).token is None

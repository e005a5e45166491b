"""`modeldex providers`, and hosts that users add in a few lines of configuration."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cases import case
from checkout import ROOT
from command_line import (
    MODELS,
    environment,
    on_terminal,
    piped,
    run_command,
    small_catalog,
    unstyled,
    write,
)
from misbehaving_host import StandIn, ok
from modeldex.cli.commands.providers import COLUMNS
from modeldex.errors import InvalidProviders
from modeldex.refresh.defaults import default_sources
from modeldex.refresh.part import part_name
from modeldex.upstream import configured as settings
from modeldex.upstream.provider_api import configured
from modeldex.vocabulary import providers as table
from modeldex.vocabulary.providers import (
    Provider,
    canonical,
    configured_key_variable,
    provider_class,
    providers,
)
from modeldex.vocabulary.user_providers import RESERVED, merged_rows

SECRET = "sk-planted-secret-4711"  # noqa: S105
PUBLIC = "https://llm.example.org/v1"
MINIMAL = f"""
[team]
base_url = "{PUBLIC}"
keys = "TEAM_API_KEY"
"""

Own = Callable[[str], Path]


def _forget() -> None:
    table.providers.cache_clear()
    table._ids.cache_clear()
    settings._variables.cache_clear()


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Own]:
    """Lays a file of this text over the shipped providers."""

    def lay(text: str) -> Path:
        path = tmp_path / "mine.toml"
        path.write_text(text, "utf-8")
        monkeypatch.setenv("MODELDEX_PROVIDERS", str(path))
        _forget()
        return path

    yield lay
    _forget()


@pytest.fixture
def small(catalog_path: Path) -> Path:
    """A small catalog, and a live source that sees one of its models."""
    small_catalog(catalog_path, MODELS)
    with write(catalog_path) as connection:
        connection.execute("INSERT INTO sources (name, kind) VALUES ('openai', 'live')")
        connection.execute(
            "INSERT INTO sightings (model_id, source) SELECT id, 'openai' FROM models "
            "WHERE provider = 'openai' AND name = 'small'"
        )
    return catalog_path


# The table.


def test_providers_in_a_pipe(small: Path) -> None:
    """Each provider is one line: key found or missing, address, format, known and live models."""
    done = run_command(small, "providers", OPENAI_API_KEY=SECRET)
    lines = {line["id"]: line for line in done.table}
    assert (done.code, done.err, lines.keys()) == (0, "", providers().keys())
    assert lines["openai"] == {
        "id": "openai", "name": "OpenAI", "key": "OPENAI_API_KEY", "missing": "",
        "base_url": "https://api.openai.com/v1", "base_url_from": "", "listing": "openai",
        "known": "3", "live": "1", "note": "",
    }  # fmt: skip
    assert (lines["groq"]["key"], lines["groq"]["missing"]) == ("", "GROQ_API_KEY")
    assert (lines["groq"]["known"], lines["groq"]["live"]) == ("1", "0")
    assert "retired" in lines["github"]["note"]
    assert [column.name for column in COLUMNS] == list(lines["openai"])


def test_those_that_can_be_asked_come_first(small: Path) -> None:
    """A key, or the address of a local server, moves a provider to the top."""
    done = run_command(
        small, "providers", XAI_API_KEY="placeholder", VLLM_BASE_URL="http://gpu:8000/v1"
    )
    assert [line["id"] for line in done.table[:3]] == ["xai", "vllm", "openai"]
    as_json = run_command(small, "providers", "--json", XAI_API_KEY="placeholder").json["providers"]
    assert [(p["id"], p["configured"]) for p in as_json[:2]] == [("xai", True), ("openai", False)]


@pytest.mark.parametrize("args", [("providers",), ("providers", "openai")])
@pytest.mark.parametrize("form", [(), ("--json",)])
def test_no_value_of_a_secret_is_shown(
    small: Path, args: tuple[str, ...], form: tuple[str, ...]
) -> None:
    """Neither a key nor the user, password, query or key inside an address is printed."""
    done = run_command(
        small, *args, *form,
        OPENAI_API_KEY=SECRET, TEAM_TOKEN="path-token-0815",  # noqa: S106
        OPENAI_BASE_URL=f"https://me:{SECRET}@gateway.example.org/path-token-0815/v1?k={SECRET}",
    )  # fmt: skip
    assert (done.code, SECRET in done.out, "path-token" in done.out) == (0, False, False)
    assert "https://gateway.example.org/***/v1" in done.out
    assert "OPENAI_BASE_URL" in done.out


@pytest.mark.parametrize(
    ("variables", "address", "origin"),
    [
        ({}, "https://api.openai.com/v1", None),
        ({"OPENAI_API_BASE": "https://b"}, "https://b/v1", "OPENAI_API_BASE"),
        ({"OPENAI_API_BASE": "https://b", "OPENAI_BASE_URL": "https://a/x/"}, "https://a/x",
         "OPENAI_BASE_URL"),
        ({"OPENAI_BASE_URL": "https://a/x", "MODELDEX_OPENAI_BASE_URL": "gw:99"}, "http://gw:99/v1",
         "MODELDEX_OPENAI_BASE_URL"),
        ({"OPENAI_BASE_URL": "http://[broken"}, None, "OPENAI_BASE_URL"),
    ],
)  # fmt: skip
def test_the_address_in_force_and_who_says_so(
    small: Path, variables: dict[str, str], address: str | None, origin: str | None
) -> None:
    """The variable that counts is named beside the address that a refresh would ask."""
    found = run_command(small, "providers", "openai", "--json", **variables).json
    assert (found.get("base_url"), found.get("base_url_from")) == (address, origin)


@pytest.mark.sqlite_only("a file")
def test_providers_make_no_catalog(catalog_path: Path) -> None:
    """Without a catalog the numbers of models are unknown, and none is made."""
    found = run_command(catalog_path, "providers", "--json").json["providers"]
    assert not any({"known", "live"} & {*each} for each in found)
    assert not catalog_path.exists()


def test_providers_on_a_terminal(small: Path) -> None:
    """A person reads which variable to set, and where an address comes from."""
    env = environment(MODELDEX_DB=str(small), OPENAI_BASE_URL="http://gw/v1")
    lines = unstyled(on_terminal("providers", env=env).out).splitlines()
    [openai] = [line for line in lines if line.startswith("openai ")]
    assert "set OPENAI_API_KEY" in openai
    assert "http://gw/v1 (OPENAI_BASE_URL)" in openai
    assert "GitHub Models was retired" in " ".join(lines)


@pytest.mark.parametrize("spelling", ["google", "GEMINI", "gemini"])
def test_one_provider_by_any_of_its_names(small: Path, spelling: str) -> None:
    """An alias leads to the same details, as keys and values in a pipe."""
    details = {
        line["what"]: line["value"] for line in run_command(small, "providers", spelling).table
    }
    assert (details["id"], details["listing_path"]) == ("gemini", "/models")
    assert details["keys"].split(",")[0] == "GEMINI_API_KEY"
    assert "missing" in details
    assert "key" not in details


def test_an_unknown_provider_is_an_error_with_near_names(small: Path) -> None:
    """One line, exit code 1, and the ids that look alike."""
    done = run_command(small, "providers", "opnai")
    assert (done.code, done.out) == (1, "")
    assert done.err == "Error: there is no provider opnai; did you mean openai?\n"
    as_json = run_command(small, "providers", "gogle", "--json").error
    assert (as_json["code"], as_json["near"]) == ("provider_not_found", ["gemini"])


# Providers of one's own.


def test_a_few_lines_make_a_provider(own: Own) -> None:
    """An address and a variable: OpenAI's format at /models with a bearer key."""
    path = own(MINIMAL)
    team = providers()["team"]
    assert team == Provider("team", "team", keys=("TEAM_API_KEY",), base_url=PUBLIC, local=False,
                            listing=team.listing, file=path)  # fmt: skip
    assert team.listing == providers()["openai"].listing
    assert configured_key_variable("Team", {"TEAM_API_KEY": "x"}) == "TEAM_API_KEY"
    assert configured({"TEAM_API_KEY": "x"}) == ["team"]
    assert configured({}) == []


def test_a_host_without_a_key_is_asked_without_one(own: Own) -> None:
    """A row that names no key is a server of one's own: nothing more has to be set."""
    own('[gpu]\nbase_url = "http://gpu:8000/v1"\n[bare]\nname = "Bare"')
    assert (providers()["gpu"].local, providers()["bare"].local) == (True, True)
    assert configured({}) == ["gpu"]


def test_a_row_is_laid_over_the_shipped_one(own: Own) -> None:
    """What the user says replaces that field; everything else stays as shipped."""
    before = providers()["openai"]
    path = own(f'[openai]\nbase_url = "{PUBLIC}"\n[alibaba]\nlisting = {{}}\n')
    assert providers()["openai"] == before._replace(base_url=PUBLIC, file=path)
    assert providers()["alibaba"].listing == before.listing
    assert next(iter(providers())) == "openai"
    assert providers()["groq"].file is None


def test_everything_can_be_said(own: Own) -> None:
    """All fields of a shipped row, and of its listing, are taken from the file too."""
    own(
        '[team]\nname = "Our team"\naliases = ["Squad"]\nkeys = ["A_KEY", "B_KEY"]\n'
        f'base_url = "{PUBLIC}"\nbase_url_vars = ["TEAM_URL"]\ndefault_model = "m"\nlocal = true\n'
        'docs = "https://wiki"\nnote = "ask Ada"\n[team.listing]\npath = "/list"\n'
        'format = "vllm"\nauth = "api-key"\nfrom_root = true\nquery = { v = "2" }\n'
        'headers = { x-team = "blue" }\n'
    )
    team = providers()["team"]
    assert (team.name, team.aliases, team.keys) == ("Our team", ("squad",), ("A_KEY", "B_KEY"))
    assert (team.base_url_vars, team.default_model, team.local) == (("TEAM_URL",), "m", True)
    assert (team.docs, team.note) == ("https://wiki", "ask Ada")
    assert team.listing is not None
    assert team.listing[:3] == ("/list", "vllm", "api-key")
    assert (team.listing.query, team.listing.headers) == ({"v": "2"}, {"x-team": "blue"})
    assert (team.listing.from_root, canonical(" SQUAD ")) == (True, "team")


def test_ones_own_word_on_the_class_counts(own: Own) -> None:
    """`class` replaces the shipped one; without it a new host is unclassed, a local one local."""
    own(f'{MINIMAL}[gpu]\nbase_url = "http://gpu:8000/v1"\n[aihubmix]\nclass = "gateway"\n')
    assert (provider_class("team"), provider_class("gpu")) == ("unclassed", "local")
    assert (provider_class("aihubmix"), provider_class("openai")) == ("gateway", "lab")
    own(MINIMAL + 'class = "host"\naliases = ["squad"]\n')
    assert (provider_class("Squad"), provider_class("aihubmix")) == ("host", "reseller")


def test_a_listing_can_be_taken_away(own: Own) -> None:
    """`listing = false` leaves a provider that a refresh does not ask."""
    own(MINIMAL + "listing = false\n[openai]\nlisting = false\n")
    assert (providers()["team"].listing, providers()["openai"].listing) == (None, None)
    assert configured({"TEAM_API_KEY": "x", "OPENAI_API_KEY": "x"}) == []


def test_the_file_in_the_configuration_folder_is_found(
    monkeypatch: pytest.MonkeyPatch, own: Own
) -> None:
    """Without MODELDEX_PROVIDERS the user's own folder is looked at."""
    folder = Path.home() / "config" / "modeldex"
    folder.mkdir(parents=True)
    (folder / "providers.toml").write_text(MINIMAL)
    own("")
    assert "team" not in providers()
    monkeypatch.delenv("MODELDEX_PROVIDERS")
    _forget()
    assert providers()["team"].file == folder / "providers.toml"


def test_without_a_file_nothing_of_it_is_loaded() -> None:
    """Whoever has no file does not pay for the reading of one."""
    code = (
        "import sys; from modeldex.vocabulary.providers import providers; "
        "print({p.file for p in providers().values()}, "
        "'modeldex.vocabulary.user_providers' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=True
    )
    assert done.stdout == "{None} False\n"


BAD: dict[str, tuple[str, int | None, str]] = {
    "no TOML": ("[team]\nbase_url = nix\n", 2, "Invalid value"),
    "double": ("[team]\n[team]\n", 2, "Cannot declare"),
    "no table": ('team = "x"\n', 1, "[team] expected a table"),
    "unknown field": (
        "\n[team]\nurl = 'x'\n",
        2,
        "[team] unknown field 'url'; expected one of name, aliases",
    ),
    "key inside": (f"[team]\napi_key = '{SECRET}'\n", 1, 'keys = ["VARIABLE"]'),
    "key for a name": (f"[team]\nkeys = ['{SECRET}']\n", 1, "names of environment variables"),
    "keys of a wrong type": ("[team]\nkeys = 3\n", 1, "names of environment variables"),
    "no address": ("[team]\nbase_url = 'llm.example.org'\n", 1, "base_url: expected an address"),
    "other scheme": ("[team]\nbase_url = 'file:///etc/passwd'\n", 1, "expected an address"),
    "key in the address": (f"[team]\nbase_url = 'https://x/?k={SECRET}'\n", 1, "without user"),
    "password": (f"[team]\nbase_url = 'https://me:{SECRET}@x/v1'\n", 1, "without user"),
    "broken address": ("[team]\nbase_url = 'http://[x/v1'\n", 1, "expected an address"),
    "flag": ("[team]\nlocal = 'yes'\n", 1, "local: expected true or false"),
    "listing": ("[team]\nlisting = 'x'\n", 1, "listing: expected a table"),
    "class": (
        f"[team]\nclass = '{SECRET}'\n",
        1,
        "class: expected one of lab, cloud, host, gateway, reseller, local, plan, unclassed",
    ),
    "class of a wrong type": ("[team]\nclass = ['lab']\n", 1, "class: expected one of lab"),
    "path": ("[team]\nlisting = { path = 'models' }\n", 1, "path: expected a path"),
    "format": ("[team]\nlisting = { format = 'nix' }\n", 1, "format: expected anthropic, "),
    "auth": (f"[team]\nlisting = {{ auth = '{SECRET}' }}\n", 1, "auth: expected "),
    "listing field": ("[team]\nlisting = { url = '/x' }\n", 1, "listing: unknown field 'url'"),
    "query": ("[team]\nlisting = { query = { n = 1 } }\n", 1, "query: expected text"),
    "aliases": ("[team]\naliases = 'x'\n", 1, "aliases: expected a list"),
    "alias of another": (
        "[a]\n[team]\naliases = ['google']\n",
        2,
        "google is already a name of gemini",
    ),
    "id of another": ("[team]\naliases = ['openai']\n", 1, "openai is already a name of openai"),
    "shipped alias": ("[google]\nname = 'x'\n", 1, "is an alias of gemini: write [gemini]"),
    "upper case": ("[Team]\n", 1, "lower case"),
    "no id": ("['a team']\n", 1, "expected a provider id"),
    "reserved": ("[models_dev]\n", 1, "the name of a built-in source"),
    "control": ('[team]\nname = "a\\u0007b"\n', 1, "control characters"),
    "deep": ("x = " + "[" * 2000 + "]" * 2000, None, ""),
}


def test_a_bad_file_says_what_and_where(own: Own) -> None:
    """The error names file, line and fault, and never repeats a value that may be a key."""
    for text, line, reason in BAD.values():
        with case(text):
            path = own(text)
            with pytest.raises(InvalidProviders) as caught:
                providers()
            error = caught.value
            assert (error.path, error.line) == (path, line)
            assert reason in error.reason
            assert str(error).startswith(f"{path}:{line}: " if line else f"{path}: ")
            assert SECRET not in str(error)


@pytest.mark.parametrize(
    ("content", "line", "reason"),
    [(b"[team]\nname = '\xff'", 2, "not UTF-8"), (b"#" * 1_100_000, None, "larger than 1,048,576")],
)
def test_a_file_that_is_no_text_is_refused(
    tmp_path: Path, content: bytes, line: int | None, reason: str
) -> None:
    """Bytes that cannot be a configuration are not read as one."""
    path = tmp_path / "mine.toml"
    path.write_bytes(content)
    with pytest.raises(InvalidProviders, match=reason) as caught:
        merged_rows(path, {})
    assert caught.value.line == line


@pytest.mark.parametrize("where", ["nowhere.toml", "."])
def test_a_named_file_has_to_be_there(tmp_path: Path, where: str) -> None:
    """A file that was asked for and cannot be read is an error, not an empty one."""
    with pytest.raises(InvalidProviders, match="cannot be read: "):
        merged_rows(tmp_path / where, {})


@pytest.mark.parametrize(
    "args", [("best",), ("providers",), ("status",), ("refresh", "--source", "env")]
)
def test_a_bad_file_stops_a_command_in_one_line(
    small: Path, tmp_path: Path, args: tuple[str, ...]
) -> None:
    """Every command says the same: which file, which line, what is wrong; exit code 1."""
    path = tmp_path / "mine.toml"
    path.write_text("[team]\nkeyes = ['X']\n")
    env = environment(MODELDEX_PROVIDERS=str(path), MODELDEX_DB=str(small))
    done = piped(*args, env=env)
    assert (done.code, done.out, done.err.count("\n")) == (1, "", 1)
    assert done.err.startswith(f"Error: {path}:1: [team] unknown field 'keyes'")
    error = piped(*args, "--json", env=env).error
    assert (error["code"], error["path"], error["line"]) == ("invalid_providers", str(path), 1)


def test_help_and_version_need_no_configuration(tmp_path: Path) -> None:
    """What does not ask for a provider works with a bad file too."""
    env = environment(MODELDEX_PROVIDERS=str(tmp_path / "nowhere.toml"))
    assert [piped(arg, env=env).code for arg in ("--help", "--version")] == [0, 0]


def test_the_documented_file_does_what_the_page_says(own: Own) -> None:
    """The TOML of docs/providers-own.md is taken as it stands."""
    page = (ROOT / "docs" / "providers-own.md").read_text("utf-8")
    own(page.partition("```toml\n")[2].partition("```")[0])
    rows = providers()
    assert configured({"TEAM_API_KEY": "x"}) == ["team", "gpu"]
    assert (rows["gpu"].local, rows["gpu"].listing and rows["gpu"].listing.format) == (True, "vllm")
    assert rows["openai"].base_url == "https://gateway.example.org/openai/v1"
    assert rows["openai"].keys == ("OPENAI_API_KEY",)


def test_names_of_other_sources_are_reserved(monkeypatch: pytest.MonkeyPatch) -> None:
    """No provider can be named as a source that is none: one would undo the other's work."""
    monkeypatch.setenv("MODELDEX_GGUF", "/nowhere")
    monkeypatch.delenv("MODELDEX_FEEDS")
    names = {part_name(source) for source in default_sources()} - providers().keys()
    assert sorted(names) == sorted(RESERVED)


@pytest.mark.sqlite_only("a file")
def test_a_provider_of_ones_own_is_refreshed(small: Path, tmp_path: Path) -> None:
    """A host in three lines: its models are discovered with its key, and can be called."""
    listed = {"object": "list", "data": [{"id": "tuned-1", "object": "model"}]}
    with StandIn({"/v1/models": ok(listed)}) as host:
        path = tmp_path / "mine.toml"
        path.write_text(f'[team]\nbase_url = "{host.url}/v1"\nkeys = "TEAM_API_KEY"\n')
        env = environment(MODELDEX_PROVIDERS=str(path), MODELDEX_DB=str(small), TEAM_API_KEY=SECRET)
        done = piped("refresh", "--source", "team", "--json", env=env)
        heads = [seen.headers.get("authorization") for seen in host.requests]
    steps = {(s["kind"], s["name"]): s["status"] for s in json.loads(done.out)["steps"]}
    assert (done.code, steps["source", "team"], steps["resolver", "team_api"]) == (0, "ok", "ok")
    assert heads == [f"Bearer {SECRET}"]
    found = piped("list", "--provider", "team", env=env)
    assert [line["id"] for line in found.table] == ["team/tuned-1"]
    assert SECRET.encode() not in small.read_bytes()
    line = next(p for p in piped("providers", env=env).table if p["id"] == "team")
    assert (line["key"], line["known"], line["live"]) == ("TEAM_API_KEY", "1", "1")

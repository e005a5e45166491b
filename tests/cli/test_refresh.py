"""`modeldex refresh` against listings: what is asked, what a dry run tells, what failures say."""

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from command_line import (
    MODELS,
    environment,
    on_terminal,
    piped,
    run_command,
    small_catalog,
    unstyled,
)
from custom_parts import sql
from misbehaving_host import Route, StandIn, error, in_turn, ok
from modeldex.history.diff import difference
from modeldex.vocabulary.json_shape import encoded

KEY = "sk-planted-key-0815"
NOBODY = "http://127.0.0.1:9"
PLACE = "check the address in MODELDEX_{}_BASE_URL"


def listed(*names: str) -> Route:
    """What OpenAI answers."""
    return ok({"object": "list", "data": [{"id": n, "object": "model"} for n in names]})


def numbered(count: int) -> Route:
    """A listing of so many models."""
    return listed(*(f"m{n:03}" for n in range(count)))


@pytest.fixture
def small(catalog_path: Path) -> Path:
    """A catalog that seems to be loaded."""
    return small_catalog(catalog_path, MODELS)


@pytest.fixture
def host() -> Iterator[StandIn]:
    """A host that lists two models, one of which the catalog knows."""
    with StandIn({"/v1/models": listed("small", "newer")}) as server:
        yield server


def keyed(host: StandIn | str, provider: str = "OPENAI") -> dict[str, str]:
    """Variables that send a provider's listing to a host."""
    url = host if isinstance(host, str) else f"{host.url}/v1"
    return {f"MODELDEX_{provider}_BASE_URL": url, f"{provider}_API_KEY": KEY}


def dump(path: Path) -> str:
    """A digest of everything in a catalog."""
    with closing(sqlite3.connect(path)) as connection:
        return sha256("\n".join(connection.iterdump()).encode()).hexdigest()


def statuses(found: Any) -> dict[tuple[str, str], str]:
    """Status by kind and name of a JSON report."""
    return {(step["kind"], step["name"]): step["status"] for step in found["steps"]}


# --source


def test_one_source_is_asked_and_no_other_host(small: Path, host: StandIn) -> None:
    """Its own resolver runs, those that need no network too, and others that would ask do not."""
    with StandIn({"/v1/models": listed("other")}) as other:
        done = run_command(
            small, "refresh", "--source", "openai", "--json",
            **keyed(host), **keyed(other, "GROQ"),
        )  # fmt: skip
    found = statuses(done.json)
    assert (done.code, other.requests) == (0, [])
    assert [name for kind, name in found if kind == "source"] == ["openai"]
    assert found["resolver", "openai_api"] == "ok"
    assert ("resolver", "groq_api") not in found
    assert {("resolver", "tiers"), ("resolver", "static")} <= found.keys()
    assert host.paths == ["GET /v1/models"]
    assert (
        run_command(small, "best", "--provider", "openai", "--tier", "any", **keyed(host)).code == 0
    )


@pytest.mark.sqlite_only("a file")
@pytest.mark.parametrize("option", ["--source", "--accept"])
@pytest.mark.parametrize("more", [(), ("--dry-run",)])
def test_an_unknown_source_is_an_error_of_usage(
    small: Path, option: str, more: tuple[str, ...]
) -> None:
    """The error lists the names that there are; nothing is asked or written."""
    before = dump(small)
    done = run_command(small, "refresh", option, "nix", *more, **keyed(NOBODY))
    assert (done.code, done.out, dump(small)) == (2, "", before)
    assert (
        f"Invalid value for '{option}': nix: unknown name; expected one of models_dev" in done.err
    )
    assert "env, openai" in done.err
    assert run_command(small, "refresh", option, "nix", "--json").error["code"] == "usage"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("openai", "set OPENAI_API_KEY to fetch from OpenAI"),
        ("vllm", "set VLLM_BASE_URL to fetch from vLLM"),
        ("google", "use the provider's id, gemini"), ("github", "GitHub Models was retired"),
        ("vertex", "Google Vertex AI has no list of models that can be fetched"),
    ],
)  # fmt: skip
def test_a_provider_that_cannot_be_asked_yet_says_why(small: Path, name: str, reason: str) -> None:
    """Instead of a list of others: which variable to set, or that nothing helps."""
    done = run_command(small, "refresh", "--source", name)
    assert (done.code, done.out) == (2, "")
    assert f"'--source': {name}: {reason}" in done.err


# --dry-run


@pytest.mark.sqlite_only("a dry run copies the file")
def test_a_dry_run_tells_what_would_change(small: Path, host: StandIn) -> None:
    """Models added and fields changed, line by line; a listing that loses one says so too."""
    done = run_command(small, "refresh", "--source", "openai", "--dry-run", **keyed(host))
    assert (done.code, done.err) == (0, "")
    lines = [(r["change"], r["id"], r["field"], r["old"], r["new"], r["by"]) for r in done.table]
    assert ("added", "openai/newer", "", "", "", "openai") in lines
    assert ("changed", "openai/small", "live", "0", "1", "") in lines
    assert run_command(small, "refresh", "--source", "openai", **keyed(host)).code == 0
    host.routes["/v1/models"] = listed("small")
    gone = run_command(small, "refresh", "--source", "openai", "--dry-run", **keyed(host)).table
    assert [(r["change"], r["id"], r["by"]) for r in gone] == [("gone", "openai/newer", "openai")]


@pytest.mark.sqlite_only("a dry run copies the file")
@pytest.mark.parametrize("journal", ["delete", "wal"])
def test_a_dry_run_leaves_everything_as_it_was(
    small: Path, host: StandIn, tmp_path: Path, journal: str
) -> None:
    """Catalog, folder and temporary folder are byte for byte the same."""
    sql(small, f"PRAGMA journal_mode = {journal}")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    before, bytes_before, files = dump(small), small.read_bytes(), sorted(tmp_path.iterdir())
    env = environment(MODELDEX_DB=str(small), TMPDIR=str(scratch), **keyed(host))
    done = piped("refresh", "--dry-run", "--source", "openai", env=env)
    assert (done.code, len(done.table) > 0, done.err) == (0, True, "")
    assert (dump(small), small.read_bytes()) == (before, bytes_before)
    assert [p for p in sorted(tmp_path.iterdir()) if p not in files] == []
    assert list(scratch.iterdir()) == []


@pytest.mark.sqlite_only("a dry run copies the file")
def test_a_dry_run_tells_what_a_refresh_then_does(
    small: Path, host: StandIn, tmp_path: Path
) -> None:
    """The announced difference is that between the catalog before and after."""
    told = run_command(
        small, "refresh", "--dry-run", "--source", "openai", "--json", **keyed(host)
    ).json
    before = tmp_path / "before.db"
    sql(small, f"VACUUM INTO '{before}'")
    assert run_command(small, "refresh", "--source", "openai", **keyed(host)).code == 0
    found = difference(before, small)
    assert told["dry_run"] is True
    assert [(o["id"], o["sources"]) for o in told["added"]] == [
        (offer.id, list(offer.sources)) for offer in found.added
    ]
    assert told["changed"] == encoded(found.changed)
    assert (told["gone"], len(told["added"]) + len(told["changed"]) > 1) == ([], True)


@pytest.mark.promised
@pytest.mark.sqlite_only("a dry run copies the file")
def test_a_dry_run_without_a_catalog_makes_none(catalog_path: Path) -> None:
    """Everything that is shipped would be added; still no file appears."""
    done = run_command(catalog_path, "refresh", "--dry-run", "--source", "env", "--json")
    assert (done.code, done.json["changed"], done.json["gone"]) == (0, [], [])
    assert len(done.json["added"]) > 1000
    assert list(catalog_path.parent.glob("catalog.db*")) == []


@pytest.mark.sqlite_only("a dry run copies the file")
def test_a_dry_run_does_not_wait_for_a_refresh(small: Path, host: StandIn) -> None:
    """It works on a copy: a refresh of the catalog itself may run meanwhile."""
    with FileLock(f"{small}.refresh.lock"), FileLock(f"{small}.lock"):
        done = run_command(small, "refresh", "--dry-run", "--source", "openai", **keyed(host))
    assert (done.code, done.err, len(done.table) > 0) == (0, "", True)


@pytest.mark.sqlite_only("a dry run copies the file")
@pytest.mark.parametrize("args", [("--dry-run",), ("--dry-run", "--quiet")])
def test_a_dry_run_that_fails_says_so(small: Path, args: tuple[str, ...]) -> None:
    """Failures and exit codes are those of a refresh, and the header is all there is."""
    done = run_command(small, "refresh", "--source", "openai", *args, **keyed(NOBODY))
    assert (done.code, done.table, done.err.count("\n")) == (1, [], 1)
    assert sql(small, "SELECT count(*) FROM runs") == [(1,)]


@pytest.mark.sqlite_only("a dry run copies the file")
def test_a_dry_run_on_a_terminal_ends(small: Path) -> None:
    """A person sees a screenful, how much more there is, and that nothing was written."""
    with StandIn({"/v1/models": numbered(90)}) as server:
        env = environment(MODELDEX_DB=str(small), **keyed(server))
        done = on_terminal("refresh", "--dry-run", "--source", "openai", env=env)
        again = on_terminal("refresh", "--dry-run", "--source", "env", env=env)
    text = unstyled(done.out)
    assert (done.code, text.count("openai/m0")) == (0, 40)
    assert "first 40 of 90 lines; pipe the output" in text
    assert "90 models added, 0 gone, 0 fields changed; nothing was written" in text
    assert unstyled(again.out).splitlines()[-1].endswith("nothing was written")


def test_a_file_that_is_no_catalog_is_not_copied(tmp_path: Path) -> None:
    """The error is that of any other command, and the file stays."""
    path = tmp_path / "letter.txt"
    path.write_text("Dear catalog, " * 100)
    done = run_command(path, "refresh", "--dry-run", "--json")
    assert (done.code, done.error["code"], done.error["path"]) == (1, "not_a_catalog", str(path))
    other = tmp_path / "other.db"
    sql(other, "CREATE TABLE t (x)")
    done = run_command(other, "refresh", "--dry-run", "--json")
    assert (done.code, done.error["code"], done.error["path"]) == (1, "not_a_catalog", str(other))


# --accept


def test_a_shrunken_listing_is_taken_when_accepted(small: Path) -> None:
    """Refused with the command that takes it, then taken by that command."""
    with StandIn({"/v1/models": in_turn(numbered(40), numbered(3))}) as server:
        env = keyed(server)
        assert run_command(small, "refresh", "--source", "openai", **env).code == 0
        refused = run_command(small, "refresh", "--source", "openai", **env)
        told = run_command(small, "status", "--json", **env).json["sources"]["openai"]
        taken = run_command(small, "refresh", "--source", "openai", "--accept", "openai", **env)
    assert (refused.code, refused.err.count("\n")) == (1, 1)
    assert "modeldex refresh --accept openai" in refused.err
    assert (told["models"], told["problem"], told.get("advice")) == (40, "shrunk", None)
    assert (taken.code, taken.err) == (0, "")
    seen = "SELECT count(*) FROM sightings WHERE missing_since IS NULL"
    assert sql(small, seen) == [(3,)]


# Failures.


FAILURES: dict[str, tuple[Route, str, str, str | None]] = {
    "openai": (error(401), "key", "key refused (401)", "check the key in OPENAI_API_KEY"),
    "groq": (error(403, {"error": {"message": f"bad {KEY}"}}), "key", "key refused",
             "check the key in GROQ_API_KEY"),
    "deepseek": (error(404), "refused", "HTTP 404",
                 f"the next refresh tries again; if it keeps failing, {PLACE.format('DEEPSEEK')}"),
    "xai": (error(429, retry_after="7200"), "refused", "asks to wait 7200 s", None),
    "moonshot": (ok("<html>"), "answer", "the response has no list of models",
                 PLACE.format("MOONSHOT")),
}  # fmt: skip


def test_a_host_that_fails_is_one_line_and_in_the_status(small: Path) -> None:
    """Source and resolver fail alike and are told once; `status` keeps it, with what to do."""
    with ExitStack() as stack:
        env = keyed(stack.enter_context(StandIn({"/v1/models": listed("small")})), "MISTRAL")
        for provider, (route, *_) in FAILURES.items():
            server = stack.enter_context(StandIn({}))
            server.answer = lambda seen, route=route: (  # type: ignore[method-assign,misc]
                route(seen) if callable(route) else route
            )
            env |= keyed(server, provider.upper())
        asked = [word for provider in (*FAILURES, "mistral") for word in ("--source", provider)]
        done = run_command(small, "refresh", *asked, **env)
        found = run_command(small, "status", "--json", **env)
    lines = dict(line.removeprefix("Error: ").split(": ", 1) for line in done.err.splitlines())
    assert (done.code, done.out, lines.keys()) == (5, "", FAILURES.keys())
    for provider, (_, problem, reason, advice) in FAILURES.items():
        told = found.json["sources"][provider]
        assert (told["problem"], told.get("advice"), told.get("last_success"), told["models"]) == (
            problem, advice, None, 0,
        ), provider  # fmt: skip
        assert reason in lines[provider]
        assert reason in told["error"]
    assert done.err.count("\n") == len(FAILURES)
    assert KEY not in done.err + found.out


def test_a_silent_host_has_advice_for_its_kind(small: Path) -> None:
    """A server of one's own is to be started, another host is a matter of the network."""
    env = {"VLLM_BASE_URL": NOBODY, **keyed(NOBODY)}
    args = ("--source", "vllm", "--source", "openai")
    assert run_command(small, "refresh", *args, **env).code == 1
    found = run_command(small, "status", "--json", **env).json["sources"]
    assert found["vllm"]["advice"] == "start vLLM, or check the address in VLLM_BASE_URL"
    assert found["openai"]["advice"] == (
        "check network and proxy settings, or check the address in MODELDEX_OPENAI_BASE_URL"
    )


def test_the_status_forgets_a_problem_that_is_over(small: Path) -> None:
    """After a refresh that worked: when, of which time the data is, and no problem."""
    with StandIn({"/v1/models": in_turn(error(401), listed("small"))}) as server:
        env = keyed(server)
        assert run_command(small, "refresh", "--source", "openai", **env).code == 1
        assert run_command(small, "refresh", "--source", "openai", **env).code == 0
    found = run_command(small, "status", "--json").json["sources"]["openai"]
    trouble = ("problem", "error", "problem_at", "retry_at", "advice")
    assert [key for key in trouble if key in found] == []
    assert found["as_of"] == found["last_success"] is not None
    assert (found["kind"], found["models"]) == ("live", 1)


def test_the_status_dates_a_data_set_by_its_facts(shipped_catalog: Path) -> None:
    """The day of the shipped data, not the day on which it was loaded."""
    found = run_command(shipped_catalog, "status", "--json").json
    days = {name: row["as_of"] for name, row in found["snapshots"].items()}
    assert {name: found["sources"][name]["as_of"] for name in days} == days


def test_the_status_on_a_terminal_says_what_to_do(small: Path) -> None:
    """One line per source that has a problem, with its age and the advice."""
    with StandIn({"/v1/models": error(401)}) as server:
        env = environment(MODELDEX_DB=str(small), **keyed(server))
        assert piped("refresh", "--source", "openai", env=env).code == 1
        text = unstyled(on_terminal("status", env=env).out)
    [line] = [line for line in text.splitlines() if line.startswith("source openai: ")]
    assert "key refused (401)" in line
    assert line.endswith(" s ago); check the key in OPENAI_API_KEY")


def test_a_retry_is_not_talked_about(small: Path) -> None:
    """A host that answers at the second try is no news: not a word on stderr."""
    with StandIn({"/v1/models": in_turn(error(503), listed("small"))}) as server:
        env = environment(MODELDEX_DB=str(small), **keyed(server))
        done = piped("refresh", "--source", "openai", env=env)
    assert (done.code, done.out, done.err, len(server.requests)) == (0, "", "", 2)


def test_the_deadline_ends_a_refresh(small: Path) -> None:
    """A host that never answers is a failed source after two thirds of so many seconds."""
    with StandIn({"/v1/models": lambda seen: (seen.stopping.wait(), error(500))[1]}) as server:
        done = run_command(
            small, "refresh", "--source", "openai", "--deadline", "0.3", **keyed(server)
        )
    assert (done.code, done.err.count("\n")) == (1, 1)
    assert "no result within 0.2 s" in done.err

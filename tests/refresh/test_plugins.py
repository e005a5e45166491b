"""Plug-ins: found by entry point, loaded in a refresh only, each a failure of its own."""

import os
import subprocess
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path

import pytest

from checkout import ROOT
from command_line import MODELS, environment, on_terminal, piped, run_command, small_catalog
from custom_parts import DictResolver, ListSource, sql
from fork_process import HANG
from installed_plugins import install_package
from modeldex import ModelRegistry
from modeldex.errors import InvalidQuery
from modeldex.refresh.plugins import Plugin, loaded

EXAMPLE = ROOT / "examples" / "plugin"
SOURCE = """
from modeldex import ModelSpec
class Source:
    name = "team"
    async def discover(self):
        return [ModelSpec(provider="team", name="tuned")]
"""
RESOLVER = """
from modeldex import ModelCapabilities
class Resolver:
    name = "team"
    async def get_capabilities(self, spec):
        return ModelCapabilities(max_context=4242 if spec.provider == "team" else None)
"""

Install = Callable[..., Path]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Installs a package of one module: its code and its entry points by kind and name."""
    put_there = []
    folder = tmp_path / "site"
    monkeypatch.syspath_prepend(folder)

    def put(module: str, code: str, **groups: str) -> Path:
        put_there.append(module)
        return install_package(folder, module, code, **groups)

    yield put
    for module in put_there:
        sys.modules.pop(module, None)


@pytest.fixture
def small(catalog_path: Path) -> Path:
    """A catalog that seems to be loaded."""
    return small_catalog(catalog_path, MODELS)


def steps(report: object) -> dict[tuple[str, str], str]:
    """Status by kind and name."""
    return {(s.kind, s.name): s.status for s in report.steps}  # type: ignore[attr-defined]


async def find(
    kind: str, taken: Collection[str] = (), environ: Mapping[str, str] | None = None
) -> list[Plugin]:
    """The plug-ins of a kind, whose threads have ended."""
    async with loaded({kind: taken}, environ or {}, HANG) as found:
        return found


# Finding and loading.


async def test_a_plugin_is_found_with_its_origin(install: Install) -> None:
    """Kind, name, package and version are known, and the part is made without arguments."""
    install("acme_models", SOURCE, sources="team = acme_models:Source")
    async with loaded({"source": (), "resolver": ()}, {}, HANG) as [plugin]:
        assert plugin[:4] == ("source", "team", "acme_models", "1.2")
        assert (plugin.error, plugin.is_off) == (None, False)
        listed = await plugin.part.discover()
    assert [(spec["provider"], spec["name"]) for spec in listed] == [("team", "tuned")]


async def test_a_function_makes_a_part_too(install: Install) -> None:
    """What the entry point names is called; a part without a name gets the entry point's."""
    code = SOURCE.replace('name = "team"', "") + "def make():\n    return Source()\n"
    install("acme_models", code, sources="ours = acme_models:make")
    [plugin] = await find("source")
    assert (plugin.name, plugin.part.name, plugin.error) == ("ours", "ours", None)


FAULTS: dict[str, tuple[str, str, str]] = {
    "no module": ("", "nix_nowhere:Source", "ModuleNotFoundError: No module named 'nix_nowhere'"),
    "no attribute": ("", "faulty:Source", "AttributeError: "),
    "fails at import": ("1 / 0", "faulty:Source", "ZeroDivisionError: division by zero"),
    "no Python": ("class", "faulty:Source", "SyntaxError: "),
    "ends the program": ("import sys\nsys.exit(3)", "faulty:Source", "it exits the program with"),
    "cancels": ("import asyncio\nraise asyncio.CancelledError", "faulty:Source",
                "cancelled itself"),
    "wants arguments": ("class Source:\n    def __init__(self, x): ...", "faulty:Source",
                        "TypeError: "),
    "no class": ("Source = 3", "faulty:Source", "TypeError: 'int' object is not callable"),
    "is none": ("Source = dict", "faulty:Source", "expected a source, got an object of type dict"),
    "name fails": (SOURCE.replace('name = "team"', "@property\n    def name(self): 1 / 0"),
                   "faulty:Source", "ZeroDivisionError"),
    "no reference": ("", "a b c", ""),
    "text to escape": ("raise ValueError('\\x1b[31mred\\nline')", "faulty:Source",
                       "ValueError: [31mred line"),
}  # fmt: skip


@pytest.mark.parametrize(("code", "reference", "reason"), FAULTS.values(), ids=FAULTS)
async def test_a_plugin_that_fails_is_told_with_its_reason(
    install: Install, code: str, reference: str, reason: str
) -> None:
    """Whatever its code does, it is one failed plug-in, and the next one is loaded."""
    install("faulty", code, sources=f"a_faulty = {reference}")
    install("sound", SOURCE, sources="team = sound:Source")
    faulty, sound = await find("source")
    assert (faulty.name, faulty.package, faulty.part) == ("a_faulty", "faulty", None)
    assert reason in (faulty.error or "")
    assert (faulty.error or "").isprintable()
    assert sound.error is None


@pytest.mark.parametrize("taken", [(), ("team",)])
async def test_two_of_one_name_are_one_too_many(install: Install, taken: tuple[str, ...]) -> None:
    """The second of a name is refused under a name of its own; so is one that is built in."""
    install("first", SOURCE, sources="team = first:Source")
    install("second", SOURCE, sources="team = second:Source")
    found = await find("source", taken, {})
    refused = [plugin for plugin in found if plugin.error]
    assert [plugin.name for plugin in refused] == ["team of first", "team of second"][
        1 - len(taken) :
    ]
    assert {plugin.error for plugin in refused} == {
        "ValueError: another source is already named team"
    }


@pytest.mark.parametrize(
    ("variable", "loaded"),
    [
        (None, ["a", "b"]), ("", []), ("0", []), (" , ", []), ("a", ["a"]), ("b, a", ["a", "b"]),
        ("nix", []),
    ],
)  # fmt: skip
async def test_plugins_can_be_switched_off(
    install: Install, variable: str | None, loaded: list[str]
) -> None:
    """MODELDEX_PLUGINS lists those that may be loaded; 0 or nothing means none."""
    code = SOURCE.replace('name = "team"', "")
    install("acme_models", code, sources="a = acme_models:Source\nb = acme_models:Source")
    environ = {} if variable is None else {"MODELDEX_PLUGINS": variable}
    found = await find("source", (), environ)
    assert [plugin.name for plugin in found if plugin.part] == loaded
    assert [plugin.name for plugin in found if not plugin.is_off] == loaded
    assert ("acme_models" in sys.modules) == bool(loaded)


# In a refresh.


async def test_a_refresh_asks_plugins(install: Install, small: Path) -> None:
    """What a plug-in's source lists and its resolver states is in the catalog."""
    install(
        "acme_models", SOURCE + RESOLVER,
        sources="team = acme_models:Source", resolvers="team = acme_models:Resolver",
    )  # fmt: skip
    async with ModelRegistry(db=small) as registry:
        report = await registry.refresh(only=["team"])
        found = await registry.find_model("team", "tuned")
    assert report.failed == ()
    assert steps(report)["source", "team"] == steps(report)["resolver", "team"] == "ok"
    assert found is not None
    assert found.capabilities.max_context == 4242


async def test_a_plugin_that_fails_does_not_stop_a_refresh(install: Install, small: Path) -> None:
    """It is a failed step of its kind and name, stored with the reason, without secrets."""
    code = "raise RuntimeError('cannot use sk-planted-key-0815')"
    install("faulty", code, sources="faulty_one = faulty:Source")
    install("sound", SOURCE, sources="team = sound:Source")
    environ = {"TEAM_API_KEY": "sk-planted-key-0815"}
    async with ModelRegistry(db=small, environ=environ) as registry:
        report = await registry.refresh(only=["team", "faulty_one"])
    assert (report.status, steps(report)["source", "team"]) == ("partial", "ok")
    assert [(step.kind, step.name) for step in report.failed] == [("source", "faulty_one")]
    stored = sql(small, "SELECT kind, name, error FROM run_steps WHERE status = 'failed'")
    assert stored == [("source", "faulty_one", "faulty_one: RuntimeError: cannot use ***")]


ENDS = {
    "it exits": ("sys.exit(3)", "SystemExit: 3"),
    "it says that it is closed": ("raise GeneratorExit", "GeneratorExit:"),
    "it has an end of its own": ("raise End('of days')", "End: of days"),
    "it cannot say what it is": ("raise Mute", "Mute: <exception str() failed>"),
    "it cancels itself": ("raise asyncio.CancelledError", "cancelled itself"),
}
RUDE = """
import asyncio, sys
class End(BaseException):
    pass
class Mute(Exception):
    def __str__(self):
        raise End
class Source:
    name = "rude"
    async def discover(self):
        print("all is well")
        {}
"""


@pytest.mark.parametrize("way", ENDS)
async def test_no_end_of_a_plugin_is_that_of_others(
    install: Install, small: Path, way: str
) -> None:
    """Whatever it raises is the reason of its own failed step, and the other is taken."""
    code, reason = ENDS[way]
    install("rude", RUDE.format(code), sources="rude = rude:Source")
    install("sound", SOURCE, sources="team = sound:Source")
    async with ModelRegistry(db=small, environ={}) as registry:
        report = await registry.refresh(only=["team", "rude"])
    assert (report.status, steps(report)["source", "team"]) == ("partial", "ok")
    assert [(step.name, step.error) for step in report.failed] == [("rude", reason)]


def test_what_a_plugin_prints_is_no_part_of_the_answer(install: Install, small: Path) -> None:
    """The JSON on stdout is whole, and the words are on stderr."""
    install("rude", RUDE.format("return []"), sources="rude = rude:Source")
    done = run_command(small, "refresh", "--source", "rude", "--json")
    assert [step["name"] for step in done.json["steps"] if step["kind"] == "source"] == ["rude"]
    assert "all is well" in done.err


@pytest.mark.parametrize("models", [MODELS, {}])
async def test_a_resolver_that_cannot_be_loaded_is_a_failed_step(
    install: Install, catalog_path: Path, models: dict[str, dict[str, object]]
) -> None:
    """Also where there is no model to ask it about."""
    install("faulty", "1 / 0", resolvers="faulty = faulty:Resolver")
    small_catalog(catalog_path, models)
    sources = [ListSource()]
    async with ModelRegistry(sources, db=catalog_path) as registry:
        report = await registry.refresh()
    assert [(step.kind, step.name) for step in report.failed] == [("resolver", "faulty")]
    assert steps(report)["source", "lists"] == "ok"


ODD_PARTS = {
    "version": "version = property(lambda self: 1 / 0)",
    "kind": "kind = property(lambda self: 1 / 0)",
    "network": "network = property(lambda self: 1 / 0)",
    "may_shrink": "may_shrink = property(lambda self: 1 / 0)",
    "dropped": "dropped = property(lambda self: 1 / 0)",
}


@pytest.mark.parametrize("member", ODD_PARTS.values(), ids=ODD_PARTS)
async def test_an_attribute_that_fails_is_a_failure_of_its_plugin(
    install: Install, small: Path, member: str
) -> None:
    """Optional attributes are foreign code too: the other sources land."""
    install("faulty", SOURCE + f"    {member}\n", sources="team = faulty:Source")
    install("sound", SOURCE.replace('"team"', '"well"'), sources="well = sound:Source")
    async with ModelRegistry(db=small) as registry:
        report = await registry.refresh(only=["well", "team"])
    assert steps(report)["source", "well"] == "ok"
    assert [(step.kind, step.name) for step in report.failed] == [("source", "team")]


async def test_questions_load_no_plugin(install: Install, small: Path) -> None:
    """Neither a query nor the load of shipped data imports foreign code; a refresh does."""
    install("acme_models", SOURCE, sources="team = acme_models:Source")
    async with ModelRegistry(db=small) as registry:
        assert await registry.find_best(provider="openai", available=False) is not None
        assert await registry.find_model("openai", "small") is not None
        await registry.load_shipped()
        assert "acme_models" not in sys.modules
        await registry.refresh(only=["env"])
        assert "acme_models" in sys.modules


async def test_a_registry_with_its_own_parts_has_no_plugins(install: Install, small: Path) -> None:
    """Whoever names sources or resolvers gets those, each kind for itself."""
    install(
        "acme_models", SOURCE + RESOLVER,
        sources="team = acme_models:Source", resolvers="team = acme_models:Resolver",
    )  # fmt: skip
    async with ModelRegistry([ListSource()], [DictResolver()], db=small) as registry:
        own = steps(await registry.refresh())
    async with ModelRegistry([ListSource()], db=small) as registry:
        usual = steps(await registry.refresh())
    assert own == {("source", "lists"): "ok", ("resolver", "says"): "ok"}
    assert ("resolver", "team") in usual
    assert ("source", "team") not in usual


async def test_a_name_that_nobody_has_is_refused(install: Install, small: Path) -> None:
    """The names of plug-ins are among those that there are."""
    install("acme_models", SOURCE, sources="team = acme_models:Source")
    async with ModelRegistry(db=small) as registry:
        with pytest.raises(InvalidQuery, match=r"env.*ollama.*team"):
            await registry.refresh(only=["nix"])
        with pytest.raises(InvalidQuery, match="team"):
            await registry.refresh(accept=["nix"])


# The command.


def test_the_command_lists_them(install: Install, small: Path) -> None:
    """Name, kind, package, version, and ok, off or the reason; exit code 1 for a failed one."""
    install(
        "acme_models", SOURCE + "1 / 0\n", version="3.1",
        sources="team = acme_models:Source", resolvers="other = acme_models:Resolver",
    )  # fmt: skip
    done = run_command(small, "plugins", MODELDEX_PLUGINS="team")
    assert done.table == [
        {"name": "team", "kind": "source", "package": "acme_models", "version": "3.1",
         "status": "failed", "detail": "ZeroDivisionError: division by zero"},
        {"name": "other", "kind": "resolver", "package": "acme_models", "version": "3.1",
         "status": "off", "detail": "switched off by MODELDEX_PLUGINS"},
    ]  # fmt: skip
    assert (done.code, done.err) == (1, "")
    as_json = run_command(small, "plugins", "--json", MODELDEX_PLUGINS="team")
    assert as_json.json == {"plugins": done.table}
    assert run_command(small, "plugins", MODELDEX_PLUGINS="0").code == 0


def test_a_name_that_is_built_in_is_refused(install: Install, small: Path) -> None:
    """A plug-in cannot stand in for a source of modeldex."""
    install("acme_models", SOURCE, sources="ollama = acme_models:Source")
    install("other", SOURCE.replace('"team"', '"ollama"'), sources="mine = other:Source")
    [mine, ollama] = run_command(small, "plugins", "--json").json["plugins"]
    assert (mine["name"], mine["detail"]) == (
        "mine", "ValueError: another source is already named ollama",
    )  # fmt: skip
    assert (ollama["name"], ollama["status"]) == ("team", "ok")


def test_without_plugins_there_is_a_bare_table(small: Path) -> None:
    """Nothing installed is no error."""
    done = run_command(small, "plugins")
    assert (done.code, done.table) == (0, [])
    assert run_command(small, "plugins", "--json").json == {"plugins": []}


# The example, as people install it.


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which pip has installed the example, offline."""
    pytest.importorskip("hatchling", reason="pip builds the example with hatchling")
    site = tmp_path_factory.mktemp("site")
    subprocess.run(
        [
            sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation",
            "--no-index", "--disable-pip-version-check", "--target", str(site), str(EXAMPLE),
        ],
        env=environment(), check=True, capture_output=True, timeout=HANG,
    )  # fmt: skip
    return site


@pytest.fixture
def example(site: Path) -> dict[str, str]:
    """An environment in which the example is installed."""
    return environment(PYTHONPATH=os.pathsep.join([str(site), environment()["PYTHONPATH"]]))


def test_the_example_works_when_installed(example: dict[str, str], small: Path) -> None:
    """Installed by pip it is listed, refreshed, asked, and skipped where nothing changed."""
    env = {**example, "MODELDEX_DB": str(small)}
    listed = [(line["name"], line["kind"], line["package"], line["version"], line["status"])
              for line in piped("plugins", env=env).table]  # fmt: skip
    assert listed == [
        ("team", "source", "team-models", "1.0.0", "ok"),
        ("team", "resolver", "team-models", "1.0.0", "ok"),
    ]
    done = piped("refresh", "--source", "team", env=env)
    assert (done.code, done.out, done.err) == (0, "", "")
    best = piped("best", "--provider", "team", "--tools", "--json", env=env).json
    model = best["model"]
    assert (model["id"], model["capabilities"]["max_context"]) == ("team/llama-4-tuned", 131072)
    shown = piped("show", "team/embed-small", "--json", env=env).json["model"]
    assert shown["capabilities"]["mode"] == "embedding"
    again = piped("refresh", "--source", "team", "--json", env=env).json["steps"]
    assert {s["status"] for s in again if s["name"] == "team"} == {"unchanged"}


def test_the_example_reads_a_file_of_the_team(
    example: dict[str, str], small: Path, tmp_path: Path
) -> None:
    """Another file has another version; one that is missing fails and loses nothing."""
    path = tmp_path / "models.json"
    path.write_text('{"mistral-9": {"supports_tools": true}}')
    env = {**example, "MODELDEX_DB": str(small), "TEAM_MODELS": str(path)}
    assert piped("refresh", "--source", "team", env=env).code == 0
    path.unlink()
    done = piped("refresh", "--source", "team", env=env)
    assert (done.code, done.err.count("\n")) == (1, 1)
    assert "FileNotFoundError" in done.err
    assert piped("best", "--provider", "team", env=env).out == "team/mistral-9\n"


def test_the_example_is_listed_on_a_terminal(example: dict[str, str], small: Path) -> None:
    """A person sees a table."""
    done = on_terminal("plugins", env={**example, "MODELDEX_DB": str(small)})
    assert (done.code, done.out.count("team-models")) == (0, 2)

"""User overrides: what a file may say, what is refused and on which line, and who wins."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from cases import case
from modeldex.errors import InvalidOverrides
from modeldex.resolvers import CapabilityResolver
from modeldex.resolvers.overrides import OverridesResolver
from modeldex.sources import ModelSource
from modeldex.sources.overrides import OverridesSource
from modeldex.upstream.override_files import (
    Override,
    Overrides,
    default_paths,
    read_all,
    read_overrides,
)
from modeldex.vocabulary.capability_fields import QualityTier
from modeldex.vocabulary.caps import SETTINGS
from modeldex.vocabulary.values import ModelCapabilities, ModelSpec

SEED = """\
    # ~/.config/chuk-llm/model_overrides.yaml
    models:
      - provider: custom_proxy
        name: llama-3-custom
        capabilities:
          max_context: 100000
          supports_tools: true
          input_cost_per_1m: 0.0  # Internal proxy
    """
FULL = """\
    models:
      - provider: Google
        name: gemini-x
        family: gemini
        aliases: [gx, gemini-x-latest]
        capabilities:
          max_context: 100000.0
          supports_vision: no
          supports_audio: null
          known_params: [top_p, temperature]
          quality_tier: best
          release_date: 2026-01-31
          knowledge_cutoff: 2025-06
      - provider: custom_proxy
        name: bare
    """


def write(folder: Path, text: str, name: str = "overrides.yaml") -> Path:
    """The path of a new file with `text`, dedented."""
    path = folder / name
    path.write_text(textwrap.dedent(text), "utf-8")
    return path


def entries(path: Path) -> list[Override]:
    """The entries of a file without faults."""
    found = read_overrides(path)
    assert found.error is None
    return found.entries


def model(*lines: str) -> str:
    """One valid model whose capabilities are `lines`, which begin on line 5."""
    head = ["models:", "  - provider: p", "    name: n", "    capabilities:"]
    return "\n".join([*head, *(f"      {line}" for line in lines)]) + "\n"


def test_the_example_of_the_description_is_read(tmp_path: Path) -> None:
    """The documented file is taken as it stands; a price of 0 is an opinion."""
    expected = {"max_context": 100000, "supports_tools": True, "input_cost_per_1m": 0.0}
    assert entries(write(tmp_path, SEED)) == [
        Override(3, "custom_proxy", "llama-3-custom", None, (), expected)
    ]


def test_everything_that_a_model_may_say(tmp_path: Path) -> None:
    """Provider ids become canonical, null is no opinion, and a tier of the user's is his word."""
    facts = {
        "max_context": 100000,
        "supports_vision": False,
        "known_params": frozenset({"temperature", "top_p"}),
        "quality_tier": "best",
        "quality_basis": "user",
        "release_date": "2026-01-31",
        "knowledge_cutoff": "2025-06",
    }
    assert entries(write(tmp_path, FULL)) == [
        Override(2, "gemini", "gemini-x", "gemini", ("gx", "gemini-x-latest"), facts),
        Override(14, "custom_proxy", "bare", None, (), {}),
    ]


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "---\n", "models:\n", "models: []\n"])
def test_an_empty_file_holds_no_overrides(tmp_path: Path, text: str) -> None:
    """A file in which everything is commented out is no mistake."""
    assert read_overrides(write(tmp_path, text)) == Overrides([])


def test_a_stated_basis_stays(tmp_path: Path) -> None:
    """A user who names the evidence behind his tier is believed."""
    text = model("quality_tier: cheap", "quality_basis: benchmark")
    [override] = entries(write(tmp_path, text))
    assert override.capabilities == {"quality_tier": "cheap", "quality_basis": "benchmark"}


def test_unknown_is_no_opinion(tmp_path: Path) -> None:
    """`quality_tier: unknown` and an empty list state nothing."""
    [override] = entries(write(tmp_path, model("quality_tier: unknown", "known_params: []")))
    assert override.capabilities == {}


REFUSED = {
    "root list": ("- provider: p\n", 1, "the file: expected a mapping"),
    "root text": ("models\n", 1, "the file: expected a mapping"),
    "root key": ("models: []\nmodel: []\n", 2, "unknown key 'model'; did you mean models?"),
    "models text": ("\nmodels: all\n", 2, "models: expected a list"),
    "model text": ("models:\n  - gpt-4o\n", 2, "a model: expected a mapping"),
    "model key": ("models:\n  - provider: p\n    nam: n\n", 3, "did you mean name?"),
    "no provider": ("models:\n  - name: n\n", 2, "a model needs a provider"),
    "no name": ("models:\n  - provider: p\n    name:\n", 2, "a model needs a name"),
    "provider": ("models:\n  - provider: a b\n    name: n\n", 2, "provider: expected"),
    "number name": ("models:\n  - provider: p\n    name: 4\n", 3, "got int; put it in quotes"),
    "blank name": ("models:\n  - provider: p\n    name: ' '\n", 3, "name: empty"),
    "aliases": ("models:\n  - provider: p\n    name: n\n    aliases: a\n", 4, "expected a list"),
    "alias": ("models:\n  - provider: p\n    name: n\n    aliases: [1]\n", 4, "expected text"),
    "caps": (
        "models:\n  - provider: p\n    name: n\n    capabilities: x\n",
        4,
        "capabilities: exp",
    ),
    "field": (model("", "suports_tools: true"), 6, "did you mean supports_tools?"),
    "odd field": (model("zzz: 1"), 5, "capabilities: unknown key 'zzz'"),
    "flag": (model("supports_tools: 3"), 5, "supports_tools: expected true or false"),
    "count": (model("max_context: 1.5"), 5, "max_context: expected a whole number"),
    "zero": (model("max_context: 0"), 5, "max_context: below 1"),
    "text number": (model("max_context: 1e5x"), 5, "expected a number, got str"),
    "price": (model("# fine", "input_cost_per_1m: -1"), 6, "input_cost_per_1m: below 0"),
    "nan": (model("input_cost_per_1m: .nan"), 5, "not a finite number"),
    "choice": (model("mode: talk"), 5, "mode: expected one of chat"),
    "mapping": (model("known_params: {top_p: no}"), 5, "expected a value, got a mapping"),
    "word": (model("known_params: 3"), 5, "expected a set of words"),
    "octal": (model("max_context: 0100"), 5, "0100: write a plain decimal number"),
    "sixty and a half": (model("input_cost_per_1m: 1:30.5"), 5, "write a plain decimal number"),
    "sixty": (model("max_context: 1:30"), 5, "1:30: write a plain decimal number"),
    "date": (model("release_date: 2026-02-30"), 5, "day is out of range"),
    "double key": (model("mode: chat", "mode: chat"), 6, "duplicate key mode"),
    "anchor": (model("mode: &m chat"), 5, "anchors and aliases are not allowed"),
    "alias node": ("models: *all\n", 1, "anchors and aliases are not allowed"),
    "merge": (model("<<: {mode: chat}"), 5, ""),
    "tag": (model("mode: !!python/name:os.system"), 5, "could not determine a constructor"),
    "deep": ("models:\n  " + "- " * 5000, 2, "nested too deeply"),
    "syntax": ("models:\n  - provider: [p\n", 3, "expected ',' or ']'"),
    "tab": ("models:\n\t- provider: p\n", 2, "cannot start any token"),
    "two documents": ("models: []\n---\nmodels: []\n", 2, "but found another document"),
    "control": ("models: []\n\x07\n", 2, "contains a control character"),
}


def test_a_mistake_is_named_with_its_line(tmp_path: Path) -> None:
    """A file without a sound entry is refused, with the line of the first mistake."""
    for kind, (text, line, reason) in REFUSED.items():
        with case(kind):
            path = write(tmp_path, text)
            with pytest.raises(InvalidOverrides) as caught:
                read_overrides(path)
            assert (caught.value.path, caught.value.line) == (path, line)
            assert reason in caught.value.reason
            assert caught.value.__context__ is None or caught.value.__suppress_context__


MIXED = """\
    models:
      - {provider: p, name: sound, capabilities: {max_context: 1000}}
      - {provider: p, name: 1.10, capabilities: {max_context: 1e6, mode: talk}}
      - provider: p
        name: worse
        family: 2026-01-31
        aliases: [fine, 3]
        capabilities:
          suports_tools: true
          max_context: 0100
          mode: chat
          mode: chat
          release_date: 2026-02-30
      - text
      - {provider: p, name: sound}
      - {provider: p, name: also sound}
    model: []
    """
FAULTS_OF_MIXED = (
    "name: expected text, got float; put it in quotes",
    "line 3: mode: expected one of chat",
    "line 6: family: expected text, got date; put it in quotes",
    "line 7: aliases: expected text, got int; put it in quotes",
    "line 9: capabilities: unknown key 'suports_tools'; did you mean supports_tools?",
    "line 10: 0100: write a plain decimal number",
    "line 12: duplicate key mode",
    "line 13: day is out of range",
    "line 14: a model: expected a mapping",
    "line 15: the same model as on line 2",
    "line 17: the file: unknown key 'model'; did you mean models?",
)


def test_sound_entries_hold_and_all_mistakes_are_named(tmp_path: Path) -> None:
    """One message has every fault with its line; entries without a fault are taken."""
    path = write(tmp_path, MIXED)
    found, error = read_overrides(path)
    assert [(entry.name, dict(entry.capabilities)) for entry in found] == [
        ("sound", {"max_context": 1000}),
        ("also sound", {}),
    ]
    assert error is not None
    assert (error.path, error.line) == (path, 3)
    assert str(error).startswith(f"{path}:3: ")
    position = 0
    for fault in FAULTS_OF_MIXED:
        with case(fault):
            position = error.reason.index(fault, position)


def test_no_message_is_endless(tmp_path: Path) -> None:
    """A hundred faults are named, the rest counted."""
    bad = "  - {provider: p}\n" * 150
    error = read_overrides(write(tmp_path, "models:\n  - {provider: p, name: n}\n" + bad)).error
    assert error is not None
    assert error.reason.count("a model needs a name") == 100
    assert error.reason.endswith("; and 50 more")


def test_the_faults_of_all_files_are_named(tmp_path: Path) -> None:
    """Both files' sound entries hold, and one error has the faults of both with their paths."""
    text = "models:\n  - {provider: p, name: %s}\n  - {provider: p}\n"
    low, high = (write(tmp_path, text % name, f"{name}.yaml") for name in ("low", "high"))
    found, error = read_all([low, high])
    assert [entry.name for entry in found] == ["low", "high"]
    assert str(error) == (f"{low}:3: a model needs a name; {high}:3: a model needs a name")


SPELLINGS = {
    "5e-07": 5e-07, "5E-7": 5e-07, "5.0e-07": 5e-07, "1e0": 1.0, "1.5e1": 15.0, ".5": 0.5,
    "5.": 5.0, "+3": 3.0, "1_000": 1000.0, "1_0e2": 1000.0, "'0.25'": 0.25, "' 1e-1 '": 0.1,
    "0": 0.0, "0x10": 16.0,
}  # fmt: skip


def test_a_number_is_one_in_any_spelling(tmp_path: Path) -> None:
    """What YAML 1.1 or quotes make text is read as JSON and YAML 1.2 do; counts stay whole."""
    for text, number in SPELLINGS.items():
        with case(text):
            [override] = entries(write(tmp_path, model(f"input_cost_per_1m: {text}")))
            assert override.capabilities == {"input_cost_per_1m": number}
    [override] = entries(write(tmp_path, model("max_context: 1e6", "max_output_tokens: '8192'")))
    assert override.capabilities == {"max_context": 1_000_000, "max_output_tokens": 8192}
    assert type(override.capabilities["max_context"]) is int


def test_what_is_no_number_stays_text(tmp_path: Path) -> None:
    """Thousands separators, units and octals are no numbers, and a name is never made one."""
    for text in ("'1,000'", "5 USD", "1e", "'010'", "'1:30'", "0o17", "e5", "1e999"):
        with case(text), pytest.raises(InvalidOverrides, match=r":5: "):
            read_overrides(write(tmp_path, model(f"input_cost_per_1m: {text}")))
    [override] = entries(write(tmp_path, "models:\n  - {provider: p, name: 5e-07}\n"))
    assert override.name == "5e-07"


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    """Bytes that are not UTF-8 are refused on their line; a byte order mark is fine."""
    path = tmp_path / "latin.yaml"
    path.write_bytes(b"models:\n  # caf\xe9\n")
    with pytest.raises(InvalidOverrides, match=r"latin.yaml:2: not UTF-8"):
        read_overrides(path)
    path.write_bytes(b"\xef\xbb\xbfmodels: []\n")
    assert entries(path) == []


def test_a_huge_file_is_refused_unread(tmp_path: Path) -> None:
    """More than a megabyte is no override file."""
    path = write(tmp_path, "#" * (SETTINGS + 1))
    with pytest.raises(InvalidOverrides, match="larger than 1,048,576 bytes"):
        read_overrides(path)


@pytest.mark.parametrize("name", ["missing.yaml", "."])
def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path, name: str) -> None:
    """A path that was named but cannot be read is an error, not an empty file."""
    with pytest.raises(InvalidOverrides, match="cannot be read"):
        read_overrides(tmp_path / name)


def test_an_alias_bomb_is_refused_at_its_first_anchor(tmp_path: Path) -> None:
    """Nine lines that would unfold into a billion words never unfold."""
    lines = ["a: &a [x, x]"] + [
        f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]"
        for old, new in zip("abcdefgh", "bcdefghi", strict=True)
    ]
    with pytest.raises(InvalidOverrides, match=r":1: anchors"):
        read_overrides(write(tmp_path, "\n".join(lines)))


def test_the_later_file_wins_field_by_field(tmp_path: Path) -> None:
    """Two files about one model are one override; the later one wins where both speak."""
    low = write(tmp_path, model("mode: chat", "max_context: 1000"), "low.yaml")
    high = write(tmp_path, model("max_context: 2000"), "high.yaml")
    [merged] = read_all([low, high]).entries
    assert merged.capabilities == {"mode": "chat", "max_context": 2000}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home directory, with no setting that points elsewhere."""
    for name in ("MODELDEX_OVERRIDES", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    return tmp_path


def test_without_files_there_are_no_paths(home: Path) -> None:
    """Nothing is read where nothing was written."""
    assert default_paths() == ()


@pytest.mark.skipif(sys.platform != "linux", reason="the folder differs")
def test_both_files_are_read_ours_last(home: Path) -> None:
    """chuk-llm's file is honoured, ours outranks it."""
    theirs = home / ".config" / "chuk-llm" / "model_overrides.yaml"
    ours = home / ".config" / "modeldex" / "overrides.yaml"
    for path in (ours, theirs):
        path.parent.mkdir(parents=True)
        path.touch()
    assert default_paths() == (theirs, ours)


def test_the_variable_names_the_only_file(home: Path) -> None:
    """MODELDEX_OVERRIDES replaces the usual files, even while its own does not exist."""
    assert default_paths({"MODELDEX_OVERRIDES": "/no/such.yaml"}) == (Path("/no/such.yaml"),)
    assert default_paths({"MODELDEX_OVERRIDES": " "}) == ()


@pytest.mark.skipif(sys.platform == "win32", reason="users have numbers elsewhere")
def test_a_user_without_a_home_has_no_overrides(tmp_path: Path) -> None:
    """A service account without HOME and without an entry in passwd does not crash."""
    code = textwrap.dedent("""
        import os, pwd
        def nobody(uid): raise KeyError(uid)
        pwd.getpwuid = nobody
        from modeldex.upstream.override_files import default_paths
        print(default_paths())
    """)
    hidden = ("HOME", "XDG_CONFIG_HOME", "MODELDEX_OVERRIDES")
    environ = {name: value for name, value in os.environ.items() if name not in hidden}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=True
    )
    assert done.stdout == "()\n"


async def test_the_source_names_the_declared_models(tmp_path: Path) -> None:
    """Every model of the file is something the user can call, under its canonical provider."""
    found = await OverridesSource([write(tmp_path, FULL)]).discover()
    assert found == [
        ModelSpec(
            provider="gemini", name="gemini-x", family="gemini", aliases=("gx", "gemini-x-latest")
        ),
        ModelSpec(provider="custom_proxy", name="bare"),
    ]


async def test_the_resolver_answers_for_exact_names(tmp_path: Path) -> None:
    """A declared model has the user's facts; a name that only looks alike has none."""
    resolver = OverridesResolver([write(tmp_path, FULL)])
    specs = [
        ModelSpec(provider=provider, name=name)
        for provider, name in [("gemini", "gemini-x"), ("gemini", "gx"), ("custom_proxy", "bare")]
    ]
    answers = await resolver.resolve_many(specs)
    assert [bool(answer) for answer in answers] == [True, False, False]
    value = await resolver.get_capabilities(ModelSpec(provider="google", name="gemini-x"))
    assert (value.max_context, value.supports_vision) == (100000, False)
    assert (value.quality_tier, value.quality_basis) == (QualityTier.BEST, "user")
    assert await resolver.get_capabilities(specs[1]) == ModelCapabilities()


async def test_a_bad_file_stops_source_and_resolver(tmp_path: Path) -> None:
    """A file without a sound entry is an error of both."""
    path = write(tmp_path, "models:\n  - provider: p\n")
    with pytest.raises(InvalidOverrides):
        await OverridesSource([path]).discover()
    with pytest.raises(InvalidOverrides):
        await OverridesResolver([path]).resolve_many([ModelSpec(provider="custom", name="n")])


async def test_source_and_resolver_name_the_faults_beside_what_holds(tmp_path: Path) -> None:
    """Both give the sound entries and say what is wrong with others; a mended file clears that."""
    path = write(tmp_path, FULL + "  - provider: p\n")
    source, resolver = OverridesSource([path]), OverridesResolver([path])
    assert [spec.name for spec in await source.discover()] == ["gemini-x", "bare"]
    gemini = ModelSpec(provider="gemini", name="gemini-x")
    assert (await resolver.get_capabilities(gemini)).max_context == 100000
    assert source.fault == resolver.fault == f"{path}:16: a model needs a name"
    write(tmp_path, FULL)
    await source.discover()
    await resolver.resolve_many([gemini])
    assert source.fault is resolver.fault is None


def test_the_version_follows_the_bytes(tmp_path: Path) -> None:
    """The same bytes have the same version, other bytes another, a lost file does not raise."""
    path = write(tmp_path, SEED)
    source, resolver = OverridesSource([path]), OverridesResolver([path])
    first = source.version
    assert first == resolver.version == OverridesSource([str(path)]).version
    path.write_text("models: []\n", "utf-8")
    second = source.version
    path.unlink()
    assert len({first, second, source.version, OverridesSource([]).version}) == 4


def test_no_files_have_the_version_none(home: Path) -> None:
    """Without a file the version says so, and the file's later arrival changes it."""
    source = OverridesSource()
    before = source.version
    path = home / ".config" / "chuk-llm" / "model_overrides.yaml"
    path.parent.mkdir(parents=True)
    path.touch()
    assert before == "none"
    assert source.version != "none"


def test_the_protocols_are_met() -> None:
    """Source and resolver are what a registry takes, and need no network."""
    source, resolver = OverridesSource([]), OverridesResolver([])
    assert isinstance(source, ModelSource)
    assert isinstance(resolver, CapabilityResolver)
    assert (source.name, source.kind, source.network) == ("overrides", "reference", False)
    assert (resolver.name, resolver.network) == ("overrides", False)


async def test_only_models_of_unknown_and_local_providers_are_callable_by_declaration(
    tmp_path: Path,
) -> None:
    """A corrected price of a hosted model gives nobody a key to it; an own proxy is callable."""
    path = tmp_path / "overrides.yaml"
    models = [("openai", "gpt-4o"), ("my_proxy", "llama"), ("vllm", "mine")]
    path.write_text("models:\n" + "".join(f"  - {{provider: {p}, name: {n}}}\n" for p, n in models))
    every, own = OverridesSource([path]), OverridesSource([path], own=True)
    assert (own.name, own.kind) == ("own_models", "live")
    assert [s.id for s in await every.discover()] == [
        "openai/gpt-4o",
        "my_proxy/llama",
        "vllm/mine",
    ]
    assert [s.id for s in await own.discover()] == ["my_proxy/llama", "vllm/mine"]


def test_importing_overrides_loads_no_yaml() -> None:
    """The first file loads yaml and platformdirs, the import does not."""
    code = (
        "import sys; import modeldex.upstream.override_files; "
        "print({'yaml', 'platformdirs'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"

"""The config file: what commands take by default, and how a mistake in it is told."""

from pathlib import Path

import pytest

import golden_catalogs
from command_line import CommandResult, run_command

FILE = """
[defaults]
requires_tools = true
not-providers = ["openai"]
sort = "cost"

[profiles.long]
min_context = "100k"
input_tokens = 20_000

[profiles.open]
not_provider = []
"""


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A catalog with a few models of three providers."""
    path = tmp_path / "catalog.db"
    golden_catalogs.small(path)
    return path


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A config file."""
    path = tmp_path / "config.toml"
    path.write_text(FILE, "utf-8")
    return path


def listed(catalog: Path, config: Path | str, *options: str, **more: str) -> CommandResult:
    """What `modeldex list` prints of all known models."""
    variables = {"MODELDEX_CONFIG": str(config), **more}
    return run_command(catalog, "list", "--known", *options, **variables)


def ids(done: CommandResult) -> list[str]:
    """The models of a table."""
    assert done.code == 0, done.err
    return [row["id"] for row in done.table]


def test_defaults_are_as_if_they_were_typed(small: Path, config: Path) -> None:
    """Of an option or a criterion, by either name; an empty variable means no file."""
    typed = listed(small, "", "--tools", "--not-provider", "openai", "--sort", "cost")
    assert ids(listed(small, config)) == ids(typed)
    assert ids(typed) != ids(listed(small, ""))


def test_the_command_line_and_profiles_replace_them(small: Path, config: Path) -> None:
    """A profile adds to the defaults, typed options replace both, and `none` is without any."""
    assert "openai/flagship" in ids(listed(small, config, "--profile", "open"))
    assert ids(listed(small, config, MODELDEX_PROFILE="open")) == ids(
        listed(small, config, "--profile", "open")
    )
    by_hand = listed(small, config, "--not-provider", "groq")
    assert {id_.partition("/")[0] for id_ in ids(by_hand)} >= {"openai"}
    assert ids(listed(small, config, "--profile", "none")) == ids(listed(small, ""))


def test_a_workload_may_stand_in_it(small: Path, config: Path) -> None:
    """`cost` and `best` take its tokens; what a command has no option for is left out."""
    costs = run_command(
        small, "cost", "--known", "--profile", "long", "--json", MODELDEX_CONFIG=str(config)
    )
    assert all(row["cost"]["usd"] is not None for row in costs.json["models"])
    assert costs.json["models"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[defaults]\ntols = true\n", "tols: no such option; did you mean tools?"),
        ("[defaults]\nmin_context = 'lots'\n", "min_context: 'lots': expected a whole number"),
        ("[defaults]\nmode = 'poetry'\n", "mode: 'poetry' is not one of 'chat'"),
        ("[defaults]\ntools = 1\n", "tools: expected true or false"),
        ("[defaults]\ntask = ['coding', 'vision']\n", "task: expected one value"),
        ("[defaults]\nbase = { a = 1 }\n", "base: expected a word or a number"),
        ("[default]\ntools = true\n", "[default] is unknown: expected [defaults]"),
        ("defaults = 1\n", "defaults is not a table of options"),
        ("profiles = 1\n", "profiles is not a table of options"),
        ("[profiles]\na = 1\n", "profiles.a is not a table of options"),
        ("[defaults\n", "(at line 1"),
        ("\udcff", "can't decode byte"),
    ],
)
def test_a_mistake_is_one_line_that_names_the_file(
    small: Path, tmp_path: Path, text: str, said: str
) -> None:
    """An unknown name, a value of another kind, a broken file: nothing is taken from it."""
    path = tmp_path / "wrong.toml"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    done = listed(small, path)
    assert (done.code, done.out, done.err.count("\n")) == (1, "", 1)
    assert done.err.startswith(f"Error: {path}: ")
    assert said in done.err


def test_an_unknown_profile_is_told_with_those_that_are(small: Path, config: Path) -> None:
    """A folder in place of the file, and a profile that is not in it, are errors, too."""
    done = listed(small, config, "--profile", "lng")
    assert done.err == f"Error: {config}: no profile 'lng': there are long, open\n"
    assert "cannot be read" in listed(small, config.parent).err


def test_the_command_shows_what_it_says(small: Path, config: Path) -> None:
    """Each option of each profile; with --json also the path of the file."""
    shown = run_command(small, "config", MODELDEX_CONFIG=str(config))
    as_json = run_command(small, "config", "--json", MODELDEX_CONFIG=str(config)).json
    assert [(row["profile"], row["option"]) for row in shown.table][-2:] == [
        ("long", "input_tokens"), ("open", "not_provider"),
    ]  # fmt: skip
    assert (as_json["path"], as_json["exists"]) == (str(config), True)
    assert as_json["profiles"]["long"]["min_context"] == "100k"


def test_the_example_is_a_file_that_works(small: Path, tmp_path: Path) -> None:
    """What `modeldex config --example` prints is taken without a complaint."""
    path = tmp_path / "example.toml"
    path.write_text(run_command(small, "config", "--example").out, "utf-8")
    assert listed(small, path).code == 0
    assert listed(small, path, "--profile", "nightly").code in (0, 3)

"""`ask` hands a prompt over to chuk-llm, where it is installed."""

import subprocess
import sys
from pathlib import Path

import pytest

import modeldex
from command_line import environment
from modeldex import ModeldexError, NotInstalled

STAND_IN = '''
async def ask(prompt, **more):
    """Stands where chuk-llm would: it answers with what it was given."""
    return {"prompt": prompt, **more}
'''


@pytest.fixture
def absent(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Python that has no chuk-llm."""
    monkeypatch.setitem(sys.modules, "chuk_llm", None)


@pytest.fixture
def present(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A Python in which a package of that name is found, with this text."""
    (tmp_path / "chuk_llm.py").write_text(STAND_IN)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "chuk_llm", raising=False)
    return tmp_path / "chuk_llm.py"


@pytest.fixture(autouse=True)
def _forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test imports under that name is gone after it."""
    monkeypatch.setitem(sys.modules, "chuk_llm", None)


async def test_without_chuk_llm_it_says_how_to_install_it(absent: None) -> None:
    """One of our errors, with the package, the extra and the command."""
    with pytest.raises(NotInstalled) as caught:
        await modeldex.ask("Hello", provider="openai", model="gpt-4o")
    error = caught.value
    assert (error.package, error.extra, isinstance(error, ModeldexError)) == (
        "chuk-llm", "ask", True,
    )  # fmt: skip
    assert str(error) == "chuk-llm is not installed; run: pip install 'modeldex[ask]'"


GETS: list[tuple[dict[str, object], dict[str, object]]] = [
    ({"provider": "openai", "model": "gpt-4o"}, {"provider": "openai", "model": "gpt-4o"}),
    ({"provider": "google", "model": "gemini-3.5-flash"},
     {"provider": "gemini", "model": "gemini-3.5-flash"}),
    ({"provider": "openrouter", "model": "openai/gpt-4o"},
     {"provider": "openrouter", "model": "openai/gpt-4o"}),
    ({"provider": "together", "model": "a/b"}, {"provider": "together", "model": "a/b"}),
    ({"provider": "team", "model": "best"}, {"provider": "team", "model": "best"}),
    ({"provider": "groq"}, {"provider": "groq", "model": None}),
    ({}, {"provider": None, "model": None}),
    ({"provider": "groq", "model": "x", "temperature": 0.0, "tools": [], "base_url": "u"},
     {"provider": "groq", "model": "x", "temperature": 0.0, "tools": [], "base_url": "u"}),
]  # fmt: skip


async def test_what_chuk_llm_gets(present: Path) -> None:
    """The provider as chuk-llm calls it, one it may not know as it is, and all else untouched."""
    for given, got in GETS:
        assert await modeldex.ask("Hello", **given) == {"prompt": "Hello", **got}, (given, got)


async def test_a_broken_chuk_llm_is_not_a_missing_one(present: Path) -> None:
    """What it fails to import itself is said as it is."""
    present.write_text("import a_package_of_theirs")
    with pytest.raises(ModuleNotFoundError, match="a_package_of_theirs"):
        await modeldex.ask("Hello")


def test_the_name_costs_nothing_and_stays_a_function() -> None:
    """Neither the import nor the name loads chuk-llm, and a second import finds the same."""
    code = (
        "import sys; from modeldex import ask as first; import modeldex.registry.ask; "
        "from modeldex import ask; print(ask is first, callable(ask), 'chuk_llm' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=True
    )
    assert done.stdout == "True True False\n"

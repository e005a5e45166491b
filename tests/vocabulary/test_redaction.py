"""Redaction: no key of the environment gets into a text that is kept or shown."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modeldex.vocabulary.providers import providers
from modeldex.vocabulary.redaction import LIMIT, redact

VARIABLES = sorted({variable for provider in providers().values() for variable in provider.keys})
SECRET = "sk-proj-0123456789abcdef"  # noqa: S105
WORDS = st.text(string.ascii_letters + string.digits + "-_", min_size=6, max_size=60)


def test_every_key_variable_is_known() -> None:
    """A key is hidden whichever provider's variable holds it."""
    assert len(VARIABLES) > 100
    said = {v: redact(f"401: {SECRET} is wrong", {v: SECRET}) for v in VARIABLES}
    assert set(said.values()) == {"401: *** is wrong"}


def test_this_process_is_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an environment given, the keys of this process are hidden."""
    monkeypatch.setenv("GROQ_API_KEY", SECRET)
    assert redact(f"key={SECRET}") == "key=***"


@pytest.mark.parametrize("value", [f" {SECRET}", f"{SECRET}\n", f"\t{SECRET} "])
def test_blanks_around_a_key_do_not_matter(value: str) -> None:
    """What is sent is the key without its outer blanks, so that is what is hidden."""
    assert redact(f"Bearer {SECRET}!", {"OPENAI_API_KEY": value}) == "Bearer ***!"


@pytest.mark.parametrize("value", ["", "   ", "key", "12345"])
def test_what_is_too_short_to_be_a_key_hides_nothing(value: str) -> None:
    """A blank or very short value is no secret; hiding it would garble every text."""
    assert redact("12345 keys", {"OPENAI_API_KEY": value}) == "12345 keys"


def test_only_keys_are_hidden() -> None:
    """A variable whose name speaks of a secret is hidden like a provider's key; others are not."""
    environ = {"HOME": "/home/somebody", "PROXY_PASSWORD": "correct-horse", "MY_TOKEN": "short"}
    text = redact("/home/somebody said correct-horse, then short", environ)
    assert text == "/home/somebody said ***, then short"


@pytest.mark.parametrize("order", [1, -1])
def test_a_key_inside_a_longer_one_leaves_nothing_of_it(order: int) -> None:
    """Where one key begins like another, the longer is hidden whole."""
    first, second = ["OPENAI_API_KEY", "ANTHROPIC_API_KEY"][::order]
    environ = {first: SECRET, second: f"{SECRET}-and-more"}
    assert redact(f"a {SECRET}-and-more b {SECRET} c", environ) == "a *** b *** c"


def test_a_key_in_a_url_is_hidden() -> None:
    """A key that a URL had to escape is hidden in its escaped form too."""
    environ = {"WATSONX_API_KEY": "a+b/c==d&e"}
    text = redact("GET https://host/models?key=a%2Bb%2Fc%3D%3Dd%26e failed", environ)
    assert text == "GET https://host/models?key=*** failed"


def test_a_text_becomes_one_printable_line() -> None:
    """Blanks of any kind become one blank; what a terminal would act upon is left out."""
    assert redact(" a\r\n\tb\x1b[31mc\x00d\u202ee\u00a0f ", {}) == "a b[31mcde f"


@pytest.mark.parametrize("length", [LIMIT - 1, LIMIT, LIMIT + 1, 10_000_000])
def test_a_text_is_short(length: int) -> None:
    """A text of more than LIMIT characters is cut, and shows that it was."""
    text = redact("x" * length, {})
    assert text == "x" * min(length, LIMIT - 1) + ("x" if length == LIMIT else "…") * (
        length >= LIMIT
    )


@pytest.mark.parametrize("between", ["\x00", "\u200b", "\x1b"])
def test_a_key_with_dirt_in_it_is_hidden(between: str) -> None:
    """Leaving out what cannot be shown does not put a key together again."""
    text = f"Bearer {SECRET[:9]}{between}{SECRET[9:]}"
    assert redact(text, {"OPENAI_API_KEY": SECRET}) == "Bearer ***"


def test_a_key_of_several_lines_is_hidden() -> None:
    """A secret that holds line breaks is hidden, however the text breaks its lines."""
    environ = {"GIGACHAT_PRIVATE_KEY": "-----BEGIN KEY-----\nMIIEvQIBADAN\n-----END KEY-----\n"}
    text = "bad: -----BEGIN KEY-----\r\nMIIEvQIBADAN\r\n-----END KEY-----."
    assert redact(text, environ) == "bad: ***."


def test_a_key_at_the_cut_is_hidden_before_it_is_cut() -> None:
    """Cutting comes last, so that no half of a key survives it."""
    text = redact("x" * (LIMIT - 10) + SECRET, {"OPENAI_API_KEY": SECRET})
    assert text == "x" * (LIMIT - 10) + "***"


@given(before=st.text(max_size=80), secrets=st.lists(WORDS, min_size=1, max_size=4), data=st.data())
def test_no_key_survives(before: str, secrets: list[str], data: st.DataObject) -> None:
    """Whatever stands around them, no key of the environment is in what comes out."""
    environ = dict(zip(VARIABLES, secrets, strict=False))
    pieces = [before, *(p for s in secrets for p in (s, data.draw(st.text(max_size=9))))]
    text = redact("".join(pieces), environ)
    assert [secret for secret in secrets if secret in text] == []
    assert len(text) <= LIMIT
    assert text.isprintable()

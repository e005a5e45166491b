"""The spellings of endpoints, of levels of effort and of the addresses of pages."""

import pytest

from cases import case
from modeldex.vocabulary import efforts, endpoints
from modeldex.vocabulary.normalize import normalize_answer
from modeldex.vocabulary.pages import page_url

ALIKE = {
    "/v1/responses": (
        "responses", "v1/responses", "/v1/responses", "/v1/responses/", "/openai/v1/responses",
        "https://api.openai.com/v1/responses?beta=1", "response", "Responses",
    ),
    "/v1/chat/completions": ("chat/completions", "/chat/completions", "chat_completions"),
    "/v1/batches": ("/v1/batch", "batches"),
    "/v2/chat": ("v2/chat", "/v2/chat"),
    "/v1beta/models:generateContent": ("generateContent", "/v1beta/models:generateContent"),
    "": ("", "/", "ws:/responses", "https://api.openai.com"),
}  # fmt: skip


def test_one_endpoint_has_one_spelling() -> None:
    """Slashes, the version, the host and what stands before the version make no difference."""
    for path, given in ALIKE.items():
        for text in given:
            with case(text):
                assert endpoints.spelling(text) == path
                assert endpoints.spelling(path) == path


def test_levels_of_effort_are_seven_words() -> None:
    """Other words of a host for a level are that level, and what is none is left out."""
    assert efforts.known({"off", "LOW", "x-high", "maximum", "default", "adaptive"}) == [
        "none", "low", "xhigh", "max",
    ]  # fmt: skip
    with pytest.raises(ValueError, match="one of none, minimal, low"):
        efforts.spelling("plenty")


def test_a_page_is_one_that_a_browser_may_open() -> None:
    """Other schemes, credentials, long addresses and texts are refused; none is unknown."""
    assert page_url("https://example.com/a?b=$c'd") == "https://example.com/a?b=$c'd"
    assert page_url(None) is None is page_url("")
    refused = (
        "javascript:alert(1)", "ftp://example.com", "//example.com", "https://", "http://[",
        "https://user:secret@example.com", f"https://example.com/{'x' * 500}", "a page", 5,
    )  # fmt: skip
    for value in refused:
        with case(value), pytest.raises(ValueError, match=r"expected|longer"):
            page_url(value)


def test_an_answer_may_name_its_page() -> None:
    """A page goes with facts; alone it is no opinion, and an unusable one is counted."""
    url = "https://example.com/prices"
    assert normalize_answer("m", {"max_context": 8, "source_url": url}).values == {
        "max_context": 8, "source_url": url,
    }  # fmt: skip
    assert normalize_answer("m", {"source_url": url}) == ({}, [])
    values, lost = normalize_answer("m", {"max_context": 8, "source_url": "javascript:x"})
    assert values == {"max_context": 8}
    assert [each.field for each in lost] == ["source_url"]


def test_who_lists_video_among_the_inputs_takes_it() -> None:
    """It follows from the inputs for every source, unless the source says otherwise itself."""
    stated = normalize_answer("m", {"input_modalities": ["text", "video"]}).values
    denied = {"input_modalities": ["text", "video"], "supports_video": False}
    assert stated["supports_video"] == 1
    assert normalize_answer("m", denied).values["supports_video"] == 0
    assert "supports_video" not in normalize_answer("m", {"input_modalities": ["text"]}).values

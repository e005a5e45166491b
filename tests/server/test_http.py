"""What the server answers over HTTP: every operation, whole documents, revisions, errors."""

import gzip
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urljoin

import pytest

from command_line import small_catalog, write
from modeldex import ModelCapabilities, ModelQuery, ModelSpec
from modeldex.query.typed import query_of
from modeldex.server.operations import OPERATIONS
from modeldex.storage.location import Place
from modeldex.sync import ModelRegistry
from modeldex.upstream.formats import models_dev
from modeldex.vocabulary.criteria import EVERYTHING as LIFTED
from rich_models import RICH
from running_server import BEARER, TOKEN, Serving

KEY = {"OPENAI_API_KEY": "sk-canary-of-openai"}
LISTED = {*RICH, "openai/gpt-4o-mini"}
"""The default model of a provider with a key is known by that alone."""


@pytest.fixture(scope="module")
def catalog(new_catalog: Callable[[], Place]) -> Place:
    """A catalog of a few models, and of the one that the key variable of the server names."""
    place = small_catalog(new_catalog(), RICH)
    with ModelRegistry(db=place, environ=KEY) as registry:
        registry.find_best()
    return place


@pytest.fixture(scope="module")
def server(catalog: Place) -> Iterator[Serving]:
    """A server of it, that takes measurements."""
    with Serving(catalog, "--open-reads", token=TOKEN, env=KEY) as serving:
        yield serving


def test_retired_models_are_found_by_name_only(catalog: Place, server: Serving) -> None:
    """No list and no query has them, but who asks for one learns that it is retired."""
    with write(catalog) as connection:
        connection.execute("INSERT INTO models (provider, name) VALUES ('acme', 'gone')")
        before = [each["name"] for each in server.request("/models?provider=acme").json]
        connection.execute(
            "UPDATE models SET retired_at = '2026-03-01T00:00:00.000Z' WHERE name = 'gone'"
        )
        after = [each["name"] for each in server.request("/models?provider=acme").json]
        one = server.request("/models/acme/gone").json
        connection.execute("DELETE FROM models WHERE name = 'gone'")
    assert (before, after) == (["gone", "vision<script>"], ["vision<script>"])
    assert one["retired_at"] == "2026-03-01T00:00:00.000Z"


@pytest.fixture
def library(catalog: Place) -> Iterator[ModelRegistry]:
    """The same catalog, asked without a server."""
    with ModelRegistry(db=catalog, environ=KEY) as registry:
        yield registry


ASKED = {
    "find_best": "/best?requires_tools=true",
    "query": "/query?requires_tools=true&limit=2",
    "search": "/search?text=flag",
    "find_model": "/models/openai/flagship",
    "explain": "/explain/openai/flagship",
    "explain_query": "/explain_query?requires_tools=1",
    "changes": "/changes",
    "expiring": "/expiring?within=9999d",
    "offers": "/offers/openai/flagship",
    "bases": "/bases",
    "scored_bases": "/benchmarks",
    "benchmarks": "/benchmarks/anthropic/claude-opus-5.5",
    "drift": "/drift",
    "providers": "/providers",
    "status": "/status",
}


def test_every_operation_that_reads_is_there(server: Serving) -> None:
    """Each answers with JSON that its schema describes."""
    answers = {name: server.request(target) for name, target in ASKED.items()}
    shapes = {
        name: OPERATIONS[name].result.model_validate_json(each.body).model_dump(mode="json")
        for name, each in answers.items()
    }
    assert {name: each.status for name, each in answers.items()} == dict.fromkeys(ASKED, 200)
    assert shapes == {name: each.json for name, each in answers.items()}
    assert ASKED.keys() == {name for name, each in OPERATIONS.items() if not each.writes}


QUERIES: list[dict[str, Any]] = [
    {"requires_tools": True},
    {"requires_vision": True, "quality_tier": "cheap"},
    {"min_context": 100_000, "max_cost_per_1m_input": 1.5},
    {"providers": ["openai", "groq"], "mode": "any"},
    {"requires_params": ["seed", "top_p"]},
    {"provider": "google"},
    {"available": True},
    {"available": True, "requires_tools": True, "cost_tier": "standard"},
    {"mode": "embedding"},
]


def in_url(asked: dict[str, Any]) -> str:
    """The criteria as a query string."""
    pairs = [
        (name, str(value).lower() if isinstance(value, bool) else value)
        for name, given in asked.items()
        for value in (given if isinstance(given, list) else [given])
    ]
    return "&".join(f"{name}={value}" for name, value in pairs)


@pytest.mark.parametrize("asked", QUERIES, ids=in_url)
def test_queries_find_what_the_library_finds(
    server: Serving, library: ModelRegistry, asked: dict[str, Any]
) -> None:
    """By GET as by POST, the same models in the same order, with the same capabilities."""
    found = library.query(ModelQuery(**{"available": False, **asked}))
    expected = [
        (each.spec.id, ModelCapabilities.model_validate(each.capabilities)) for each in found
    ]
    told = [
        server.request(f"/query?{in_url(asked)}").json,
        server.request("/query", "POST", body=asked).json,
    ]
    read = [
        [(each["id"], ModelCapabilities(**each["capabilities"])) for each in one["models"]]
        for one in told
    ]
    assert read == [expected, expected]
    assert [one["total"] for one in told] == [len(expected)] * 2


def test_the_best_is_the_first_of_the_query(server: Serving, library: ModelRegistry) -> None:
    """One by default, several in order with n, none where nothing matches."""
    best = server.request("/best?requires_tools=1").json["models"]
    several = server.request("/best?requires_tools=1&n=3").json["models"]
    none = server.request("/best?requires_audio=1").json
    found = library.find_best(requires_tools=True, available=False, n=3)
    assert [each["id"] for each in several] == [each.spec.id for each in found]
    assert best == several[:1]
    assert none == {"models": [], "scope": "known"}


def test_a_workload_ranks_and_is_told(server: Serving) -> None:
    """Models come with what the tokens cost on them, by the price list."""
    asked = "input_tokens=300000&output_tokens=1000&requests=2"
    [one] = server.request(f"/query?provider=acme&{asked}").json["models"]
    assert one["cost"]["usd"] == pytest.approx(2 * (0.3 * 4 + 0.001 * 12))
    assert server.request("/query?requests=2").error["code"] == "invalid_query"


def test_what_is_unknown_is_absent(server: Serving) -> None:
    """No answer has a null in it, and no flag that nobody knows."""
    bodies = {name: server.request(target).body for name, target in ASKED.items()}
    assert [name for name, body in bodies.items() if b"null" in body] == []
    assert server.request("/models/mistral/vectors").json["capabilities"] == {"mode": "embedding"}


def test_models_are_specs_that_the_seed_can_read(server: Serving) -> None:
    """The plain list has what `ModelSpec(**m)` takes, and nothing else."""
    listed = server.request("/models").json
    specs = [ModelSpec(**each) for each in listed]
    assert {spec.id for spec in specs} == LISTED
    assert {name for each in listed for name in each} <= {"provider", "name", "family", "aliases"}


def test_models_with_capabilities_hold_all_that_is_known(
    server: Serving, library: ModelRegistry
) -> None:
    """Another catalog that reads them knows of each model what this one knows."""
    # First, because it enters what its environment names.
    every = library.query(query_of(LIFTED, available=False))
    known = {each.spec.id: each.capabilities for each in every}
    listed = server.request("/models?capabilities=1").json
    read = {each["id"]: ModelCapabilities(**each["capabilities"]) for each in listed}
    assert read == known


def test_models_come_in_pages_that_name_the_next(server: Serving) -> None:
    """Following the Link gives every model once."""
    target: str | None = "/models?limit=3&capabilities=1"
    pages = []
    while target is not None:
        answer = server.request(target)
        pages.append([each["id"] for each in answer.json])
        link = answer.headers.get("link", "")
        following = link[1 : link.index(">")] if link.endswith('>; rel="next"') else None
        target = following and urljoin(target, following)
    assert [len(page) for page in pages] == [3, 3, 3]
    assert sorted(model for page in pages for model in page) == sorted(LISTED)


def test_available_is_what_the_server_can_call(server: Serving) -> None:
    """The key in the environment of the server decides, and only where it is asked for."""
    counts = {
        target: len(server.request(target).json) for target in ("/models", "/models?available=true")
    }
    providers = {
        each["id"]: each["keyed"] for each in server.request("/providers").json["providers"]
    }
    assert counts == {"/models": len(LISTED), "/models?available=true": 4}
    assert [name for name, keyed in providers.items() if keyed] == ["openai"]


def test_openai_clients_find_their_list(server: Serving) -> None:
    """The list and the single model have the shape and the types of OpenAI's."""
    listed = server.request("/v1/models").json
    one = server.request("/v1/models/openai/flagship").json
    slashes = server.request("/v1/models/together/meta-llama/Llama-3").json
    assert listed["object"] == "list"
    assert {each["id"] for each in listed["data"]} == LISTED
    assert one == {
        "id": "openai/flagship", "object": "model", "created": 1777593600, "owned_by": "openai",
    }  # fmt: skip
    assert slashes in listed["data"]


def test_models_dev_readers_find_theirs(server: Serving, library: ModelRegistry) -> None:
    """What our own reader of models.dev makes of the document is what the catalog holds."""
    document = server.request("/api.json").json
    ids = {f"{who}/{name}" for who, host in document.items() for name in host["models"]}
    read = models_dev.rows(document)
    rows = {f"{row['provider']}/{row['name']}": row for row in read.rows}
    told = {name: value for name, value in rows["acme/vision<script>"].items() if value is not None}
    known = library.find_model("acme", "vision<script>")
    assert known is not None
    held = known.capabilities.model_dump(exclude_none=True)
    fields = told.keys() & held.keys() - {"supports_audio", "supports_pdf"}
    assert ids == LISTED
    assert len(fields) > 12
    assert {name: _comparable(told[name]) for name in fields} == {
        name: _comparable(held[name]) for name in fields
    }


def _comparable(value: object) -> object:
    return frozenset(value) if isinstance(value, list | tuple | set | frozenset) else value


# Revisions.


def test_an_answer_that_is_still_true_is_not_sent_again(catalog: Place, server: Serving) -> None:
    """304 to the ETag of the last answer, until a commit changes what is answered."""
    first = server.request("/best?quality_tier=best")
    same = {"if-none-match": first.headers["etag"]}
    again = server.request("/best?quality_tier=best", headers=same)
    with write(catalog) as connection:
        connection.execute(
            "UPDATE capabilities SET max_context = 300000 WHERE model_id = "
            "(SELECT id FROM models WHERE name = 'flagship')"
        )
    changed = server.request("/best?quality_tier=best", headers=same)
    assert (again.status, again.body) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert changed.status == 200
    assert changed.json["models"][0]["usable_context"] == 300_000


def test_a_commit_that_changes_nothing_asked_changes_no_etag(
    catalog: Place, server: Serving
) -> None:
    """The ETag is that of the answer: a client keeps it across commits and restarts."""
    target = "/models/groq/shared"
    before = server.request(target).headers["etag"]
    with write(catalog) as connection:
        connection.execute("UPDATE models SET display_name = 'x' WHERE name = 'small'")
    after = server.request(target, headers={"if-none-match": before})
    with Serving(catalog) as other:
        elsewhere = other.request(target, headers={"if-none-match": before})
    assert (after.status, elsewhere.status) == (304, 304)


def test_every_commit_is_seen_by_the_next_request(catalog: Place, server: Serving) -> None:
    """No answer is ever older than the last commit before it was asked for."""
    seen = []
    with write(catalog) as connection:
        for price in range(1, 31):
            connection.execute(
                "UPDATE capabilities SET input_cost_per_1m = ? WHERE model_id = "
                "(SELECT id FROM models WHERE name = 'small')",
                (price,),
            )
            one = server.request("/models/openai/small").json
            seen.append(one["capabilities"]["input_cost_per_1m"])
    assert seen == [float(price) for price in range(1, 31)]


def test_large_answers_come_compressed_to_those_who_take_it(server: Serving) -> None:
    """The same document, a fraction of the bytes; not to a caller that refuses gzip."""
    plain = server.request("/openapi.json")
    packed = server.request("/openapi.json", headers={"accept-encoding": "br, gzip;q=0.5"})
    refused = server.request("/openapi.json", headers={"accept-encoding": "gzip;q=0"})
    assert gzip.decompress(packed.body) == plain.body == refused.body
    assert len(packed.body) < len(plain.body) / 4
    assert (packed.headers["etag"], packed.headers["vary"]) == (
        plain.headers["etag"], "accept-encoding",
    )  # fmt: skip


def test_head_tells_as_much_as_get_without_the_body(server: Serving) -> None:
    """Status and headers are the same."""
    targets = ("/best", "/models?limit=1", "/nothing", "/models/openai/nope")
    pairs = [(server.request(each), server.request(each, "HEAD")) for each in targets]
    assert [head.body for _, head in pairs] == [b""] * len(targets)
    assert [_stable(got) for got, _ in pairs] == [_stable(head) for _, head in pairs]


def _stable(answer: Any) -> tuple[int, dict[str, str]]:
    return answer.status, {k: v for k, v in answer.headers.items() if k != "date"}


# Measurements.


def test_measurements_are_kept_and_counted(server: Serving) -> None:
    """A sample changes the answer to the next question; the same job adds nothing twice."""
    sample = {"provider": "groq", "name": "shared", "tokens_per_second": 321.5, "run_id": "r1"}
    first, second = (
        server.request("/measurements", "POST", BEARER, {"measurements": [sample]})
        for _ in range(2)
    )
    model = server.request("/models/groq/shared").json
    assert (first.json["added"], second.json["added"], second.json["duplicates"]) == (1, 0, 1)
    assert model["capabilities"]["speed_hint_tps"] == 321.5


def test_open_reads_are_no_open_writes(server: Serving) -> None:
    """Who may read without the token still needs it to write."""
    sample = {"provider": "groq", "name": "unheard", "tokens_per_second": 1}
    refused = server.request("/measurements", "POST", body={"measurements": [sample]})
    assert (refused.status, server.request("/models/groq/unheard").status) == (401, 404)


def test_one_wrong_measurement_keeps_all_out(server: Serving) -> None:
    """The error names the row; nothing of the request was written."""
    rows = [
        {"provider": "groq", "name": "new-one", "tokens_per_second": 1},
        {"provider": "groq", "name": "new-one", "measured_at": "2099-01-01T00:00:00Z",
         "tokens_per_second": 1},
    ]  # fmt: skip
    refused = server.request("/measurements", "POST", BEARER, {"measurements": rows})
    assert (refused.status, refused.error["code"]) == (409, "invalid_measurements")
    assert refused.error["detail"]["refused"][0]["row"] == 2
    assert server.request("/models/groq/new-one").status == 404


# Errors.


WRONG = {
    "/best?require_tools=1": (400, "invalid_parameter", "did you mean requires_tools?"),
    "/best?min_context=many": (400, "invalid_parameter", "a valid integer"),
    "/best?min_context=-1": (400, "invalid_parameter", "greater than or equal to 0"),
    "/best?min_context=1e3": (400, "invalid_parameter", "a valid integer"),
    "/best?requires_tools=maybe": (400, "invalid_parameter", "a valid boolean"),
    "/best?requires_tools=1&requires_tools=0": (400, "invalid_parameter", "given twice"),
    "/best?quality_tier=good": (400, "invalid_parameter", "best"),
    "/best?max_cost_per_1m_input=NaN": (400, "invalid_parameter", "a finite number"),
    "/best?provider=": (400, "invalid_parameter", "at least 1 character"),
    "/best?family=%00": (400, "invalid_parameter", "pattern"),
    "/best?family=%ff": (400, "malformed_query", "UTF-8"),
    "/best?n=0": (400, "invalid_parameter", "greater than or equal to 1"),
    "/query?limit=1001": (400, "invalid_parameter", "less than or equal to 1000"),
    "/query?as_of=tomorrow": (400, "invalid_parameter", "pattern"),
    "/query?as_of=2001-01-01": (409, "invalid_query", "history begins"),
    "/query?as_of=2026-02-31": (409, "invalid_query", "expected a time"),
    "/changes?since=2099-01-01": (409, "invalid_query", "in the future"),
    "/drift?field=max_contxt": (400, "invalid_parameter", "max_context"),
    "/models?offset=1.5": (400, "invalid_parameter", "a valid integer"),
    "/models/openai/flagshp": (404, "model_not_found", "did you mean openai/flagship"),
    "/models/openai/flagship?provider=x": (400, "invalid_parameter", "is in the path"),
    "/explain/nobody/x": (404, "model_not_found", "no model nobody/x"),
    "/v1/models/flagship": (404, "model_not_found", "flagship"),
    "/status?verbose=1": (400, "invalid_parameter", "no such parameter"),
    "/models/openai/": (400, "invalid_parameter", "at least 1 character"),
    "/best/": (404, "not_found", "no such path"),
    "/nothing": (404, "not_found", "no such path"),
}


def test_every_mistake_has_its_status_code_and_reason(server: Serving) -> None:
    """One shape for all of them, and a message that says what is wrong."""
    answers = {target: server.request(target) for target in WRONG}
    told = {
        target: (each.status, each.error["code"], WRONG[target][2] in each.error["message"])
        for target, each in answers.items()
    }
    assert told == {target: (status, code, True) for target, (status, code, _) in WRONG.items()}
    assert {tuple(each.json) for each in answers.values()} == {("error",)}


BODIES: dict[bytes, tuple[int, str]] = {
    b"": (400, "invalid_parameter"),
    b"{": (400, "invalid_parameter"),
    b"[]": (400, "invalid_parameter"),
    b"null": (400, "invalid_parameter"),
    b'"text"': (400, "invalid_parameter"),
    b'{"min_context": "5"}': (400, "invalid_parameter"),
    b'{"min_context": NaN}': (400, "invalid_parameter"),
    b'{"min_context": 1e400}': (400, "invalid_parameter"),
    b'{"min_context": 99999999999999999999999}': (400, "invalid_parameter"),
    b'{"requires_tools": 1}': (400, "invalid_parameter"),
    b'{"require_tools": true}': (400, "invalid_parameter"),
    b'{"family": "\\ud800"}': (400, "invalid_parameter"),
    b'{"family": "\\u0000"}': (400, "invalid_parameter"),
    b"\xff\xfe": (400, "invalid_parameter"),
    b"[" * 100_000: (400, "invalid_parameter"),
    b'{"providers": ["a", "a"]}': (200, ""),
    b'{"providers": [' + b'"a",' * 60 + b'"a"]}': (400, "invalid_parameter"),
    b"{}": (200, ""),
}


def test_bodies_that_are_no_query_are_refused(server: Serving) -> None:
    """Whatever is sent, a 400 in the one shape, or an answer."""
    headers = {"content-type": "application/json; charset=utf-8"}
    answers = {body: server.request("/query", "POST", headers, body) for body in BODIES}
    told = {
        body: (each.status, each.json.get("error", {}).get("code", ""))
        for body, each in answers.items()
    }
    assert told == BODIES


def test_a_body_must_say_that_it_is_json(server: Serving) -> None:
    """A form of a foreign page cannot be taken for a query."""
    form = {"content-type": "application/x-www-form-urlencoded"}
    refused = [server.request("/query", "POST", headers, b"{}") for headers in (form, {})]
    assert [(each.status, each.error["code"]) for each in refused] == [
        (415, "unsupported_media_type"),
    ] * 2


METHODS = ("PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "POST", "NONSENSE")


def test_other_methods_are_refused_with_those_that_there_are(server: Serving) -> None:
    """405 and Allow, also to a preflight, which gets no leave to go on."""
    answers = [server.request("/best", method) for method in METHODS]
    told = [
        (each.status, each.error["code"], set(each.headers["allow"].split(", ")))
        for each in answers
    ]
    granted = [
        name for each in answers for name in each.headers if name.startswith("access-control")
    ]
    assert told == [(405, "method_not_allowed", {"GET", "HEAD"})] * len(METHODS)
    assert granted == []

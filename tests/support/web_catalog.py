"""A small catalog in which every page has something to show, and in which names are hostile."""

from datetime import date, timedelta
from typing import Any

from command_line import small_catalog
from modeldex.storage.location import Place
from modeldex.storage.schema.columns import NOW
from random_history import age
from raw_catalog import bare

SCRIPT = "<script>alert(1)</script>"
IMAGE = "\"><img src=x onerror=alert('2')>"
HOSTILE = (
    SCRIPT,
    IMAGE,
    "' onmouseover='alert(3)",
    "</title></svg><svg onload=alert(4)>",
    "javascript:alert(5)",
    "{{ 7 * 7 }}{% raw %}",
    "a/b?c=d#e%20f%2Fg&h",
    "a//b",
    "../../etc/passwd",
    "..",
    "./x/",
    "back\\slash",
    "模型/émoji 🙂",
    "right\u202eto left",
    "&lt;b&gt; &amp;",
    "x" * 200,
)
"""Names that a model may have."""

RESOLVED = tuple(name for name in HOSTILE if set(name) & set("./?#%\\"))
"""Those in which a browser sees a path, a query or a fragment."""

EXAMPLE = "globex/quick"
PROVIDERS = ("acme", "globex", "initech")
TIERS = ("best", "balanced", "cheap", None)

_SOURCES = (("models_dev", "reference"), ("litellm", "reference"), ("globex", "live"))
_OPINION = (
    "INSERT INTO capabilities (model_id, resolver, max_context, input_cost_per_1m, "
    "output_cost_per_1m, price_basis, quality_tier, supports_tools, supports_vision, known_params, "
    "release_date, retires_at, replacement) VALUES (?, ?, ?, ?, ?, 'metered', ?, ?, ?, ?, ?, ?, ?)"
)


def made(path: Place) -> Place:
    """The catalog: twenty models and the hostile ones, a month old, with a change today."""
    small_catalog(path, {})
    with bare(path) as connection:
        connection.execute("BEGIN")
        connection.executemany("INSERT INTO sources (name, kind) VALUES (?, ?)", _SOURCES)
        connection.executemany(
            "INSERT INTO provider_classes (provider, class) VALUES (?, 'host')",
            [(provider,) for provider in PROVIDERS],
        )
        _models(connection)
        _runs(connection)
        connection.execute("COMMIT")
    age(path, 30)
    with bare(path) as connection:
        connection.execute(
            "UPDATE capabilities SET input_cost_per_1m = 9, max_context = 500000 "
            "WHERE resolver = 'litellm' AND model_id % 7 = 0"
        )
        connection.execute("UPDATE sightings SET missing_since = last_seen WHERE model_id = 5")
        connection.executemany(
            "INSERT INTO measurements (provider, name, tokens_per_second, ttft_ms, host, samples) "
            "VALUES (?, ?, ?, ?, ?, 9)",
            [("globex", "quick", 210.5, 95, IMAGE), ("acme", SCRIPT, 33, 900, "lab-2"),
             ("globex", "plain-4", 80, 300, "lab-1")],
        )  # fmt: skip
    return path


def _models(connection: Any) -> None:
    plain = [(PROVIDERS[i % 3], f"plain-{i}") for i in range(1, 20)]
    offers = [("globex", "quick"), *plain, *(("acme", name) for name in HOSTILE)]
    soon = (date.today() + timedelta(days=9)).isoformat()  # noqa: DTZ011 - any zone will do
    for i, (provider, name) in enumerate(offers, 1):
        hostile = name in HOSTILE
        connection.execute(
            "INSERT INTO models (id, provider, name, family, display_name) VALUES (?, ?, ?, ?, ?)",
            (i, provider, name, name if hostile else "plain", name if hostile else None),
        )
        connection.execute("INSERT INTO aliases VALUES (?, ?, ?)", (provider, f"{name[:9]}!{i}", i))
        source = _SOURCES[i % 3][0]
        connection.execute("INSERT INTO sightings (model_id, source) VALUES (?, ?)", (i, source))
        facts = (8000 * i, 0.02 * i * i, 0.1 * i * i, TIERS[i % 4], i % 2, int(i % 3 == 0))
        more = (
            "temperature,<b>,top_p",
            f"2026-0{i % 9 + 1}-11",
            None if i % 5 else soon if hostile else "2026-01-05",
            IMAGE if hostile else "quick",
        )
        connection.execute(_OPINION, (i, "litellm", *facts, *more))
        if i % 2:
            other = (9000 * i, 0.04 * i * i, *facts[2:])
            connection.execute(_OPINION, (i, "models_dev", *other, *more))


def _runs(connection: Any) -> None:
    """A refresh in which a source failed."""
    connection.execute(f"INSERT INTO runs VALUES (2, 'refresh', {NOW}, {NOW}, 'partial', '0.2.0')")
    step = (
        "INSERT INTO run_steps (run_id, kind, name, status, started_at, fetch_ms, write_ms, "
        f"chunks, seen, changed, dropped, problem, error) VALUES (2, 'source', ?, ?, {NOW}, "
        "9, 1, 1, 40, 3, 0, ?, ?)"
    )
    connection.execute(step, ("acme", "ok", None, None))
    connection.execute(step, ("globex", "failed", "answer", f"answered {SCRIPT} instead of JSON"))

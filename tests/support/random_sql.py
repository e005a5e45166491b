"""Random SQL as people type it: every way to write to a catalog, right and wrong, from a seed."""

import random
from collections.abc import Callable

from modeldex.vocabulary.fields import BY_NAME, FIELDS, Field

PROVIDERS = ("acme", "globex")
NAMES_OF_MODELS = tuple(f"m{i}" for i in range(7))
IDS = range(1, 15)
RESOLVERS = ("inferred", "static", "ollama", "user", "aa", "bb", "zz", "perf_lab")
SOURCES = ("here", "there", "dataset")
SUITES = ("house", "street")
OR = ("", "", " OR REPLACE", " OR REPLACE", " OR IGNORE", " OR FAIL", " OR ABORT", " OR ROLLBACK")
TIMES = ("NULL", "'2026-01-01T00:00:00.000Z'", "'2026-11-22T09:30:00Z'")

Chance = random.Random


def literal(value: object) -> str:
    """A value as SQL text."""
    if value is None:
        return "NULL"
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else repr(value)


def _value(chance: Chance, field: Field) -> str:
    """Mostly a good value, often NULL, sometimes a bad one."""
    if chance.random() < 0.25:
        return "NULL"
    if chance.random() < 0.02:
        return chance.choice(("-1", "'nonsense'", "9e999", "''"))
    by_kind: dict[str, tuple[object, ...]] = {
        "flag": (0, 1),
        "count": (1, 2, 4096, 128_000),
        "price": (0, 0.0, 0.25, 3, 60.0),
        "rate": (0.0, 12.5, 80),
        "choice": field.choices,
        "date": ("2025-01", "2026-03-04"),
        "set": ("a,b", "b", "stop"),
        "text": ("it's", "Q4_K_M"),
    }
    return literal(chance.choice(by_kind[field.kind]))


def _fields(chance: Chance) -> list[Field]:
    favourites = [BY_NAME[n] for n in ("max_context", "quality_tier", "input_cost_per_1m")]
    return chance.sample(favourites, 2) + chance.sample(FIELDS[5:15], chance.randint(0, 3))


def _model(chance: Chance) -> str:
    if chance.random() < 0.7:
        return str(chance.choice(IDS))
    provider, name = chance.choice(PROVIDERS), chance.choice(NAMES_OF_MODELS)
    return f"(SELECT id FROM models WHERE provider = '{provider}' AND name = '{name}')"


def _which(chance: Chance) -> str:
    """Which opinions: one, those of a model, those of a resolver, a third of them."""
    model, resolver = chance.choice(IDS), chance.choice(RESOLVERS)
    return chance.choice(
        (
            f" WHERE model_id = {model} AND resolver = '{resolver}'",
            f" WHERE model_id = {model}",
            f" WHERE resolver = '{resolver}' AND model_id % 2 = {chance.randint(0, 1)}",
            f" WHERE model_id % 3 = {chance.randint(0, 2)}",
        )
    )


def new_opinions(chance: Chance) -> str:
    """One or several opinions, with each conflict clause."""
    fields = _fields(chance)
    rows = [
        f"({_model(chance)}, '{chance.choice((*RESOLVERS, 'nobody'))}', "
        f"{', '.join(_value(chance, f) for f in fields)})"
        for _ in range(chance.choice((1, 1, 1, 3)))
    ]
    names = ", ".join(field.name for field in fields)
    return (
        f"INSERT{chance.choice(OR)} INTO capabilities (model_id, resolver, {names}) "
        f"VALUES {', '.join(rows)}"
    )


def copied_opinions(chance: Chance) -> str:
    """One resolver speaks of many models at once."""
    field = _fields(chance)[0]
    return (
        f"INSERT{chance.choice(OR)} INTO capabilities (model_id, resolver, {field.name}) "
        f"SELECT id, '{chance.choice(RESOLVERS)}', {_value(chance, field)} FROM models "
        f"WHERE id % 4 = {chance.randint(0, 3)}"
    )


def upserted_opinions(chance: Chance) -> str:
    """The upsert, in its three forms."""
    fields = _fields(chance)
    names = ", ".join(field.name for field in fields)
    update = ", ".join(f"{field.name} = excluded.{field.name}" for field in fields)
    action = chance.choice(
        ("DO NOTHING", f"DO UPDATE SET {update}", f"DO UPDATE SET {update} WHERE max_context > 2")
    )
    return (
        f"INSERT INTO capabilities (model_id, resolver, {names}) VALUES "
        f"({_model(chance)}, '{chance.choice(RESOLVERS)}', "
        f"{', '.join(_value(chance, f) for f in fields)}) "
        f"ON CONFLICT (model_id, resolver) {action}"
    )


def changed_opinions(chance: Chance) -> str:
    """Updates of values, of times, and (refused) of the key."""
    field = _fields(chance)[0]
    change = chance.choice(
        (
            f"{field.name} = {_value(chance, field)}",
            f"{field.name} = {_value(chance, field)}",
            "max_context = max_context + 1",
            f"observed_at = {chance.choice(TIMES)}",
            f"max_context = 5, changed_at = {chance.choice(TIMES)}",
            f"model_id = {chance.choice(IDS)}",
            f"resolver = '{chance.choice(RESOLVERS)}'",
        )
    )
    return f"UPDATE{chance.choice(OR)} capabilities SET {change}{_which(chance)}"


def deleted_opinions(chance: Chance) -> str:
    """Opinions are withdrawn."""
    return f"DELETE FROM capabilities{_which(chance)}"


def new_models(chance: Chance) -> str:
    """Models, known and unknown, sometimes with an id or an upsert."""
    provider, name = chance.choice(PROVIDERS), chance.choice(NAMES_OF_MODELS)
    columns, values = "provider, name, family", f"'{provider}', '{name}', {_word(chance)}"
    if chance.random() < 0.25:
        columns, values = f"id, {columns}", f"{chance.choice((-1, 0, *IDS))}, {values}"
    clause = chance.choice(
        ("", "", " ON CONFLICT DO NOTHING", " ON CONFLICT DO UPDATE SET family = 'late'")
    )
    verb = "INSERT" if clause else f"INSERT{chance.choice(OR)}"
    return f"{verb} INTO models ({columns}) VALUES ({values}){clause}"


def _word(chance: Chance) -> str:
    return chance.choice(("NULL", "'gpt'", "'it''s'"))


def changed_models(chance: Chance) -> str:
    """Renames (free, taken, swapped), other identity, ids."""
    change = chance.choice(
        (
            f"name = '{chance.choice(NAMES_OF_MODELS)}'",
            f"provider = '{chance.choice(PROVIDERS)}'",
            f"family = {_word(chance)}, display_name = {_word(chance)}",
            f"retired_at = {chance.choice(TIMES)}",
            "last_seen = '2026-11-22T09:30:00Z'",
            f"id = {chance.choice(IDS)}",
            "name = CASE name WHEN 'm0' THEN 'm1' ELSE 'm0' END",
        )
    )
    where = chance.choice((f"id = {chance.choice(IDS)}", f"id % 5 = {chance.randint(0, 4)}"))
    return f"UPDATE{chance.choice(OR)} models SET {change} WHERE {where}"


def deleted_models(chance: Chance) -> str:
    """Models go, where nobody has an opinion of them."""
    silent = "id NOT IN (SELECT model_id FROM capabilities)"
    return f"DELETE FROM models WHERE {chance.choice((f'id = {chance.choice(IDS)}', silent))}"


def resolvers(chance: Chance) -> str:
    """New resolvers, new precedences, ties, and (refused) names and places."""
    name, place = chance.choice(RESOLVERS), chance.choice((1, 1, 5, 100, 350, 1000))
    insert = (
        f"INSERT{chance.choice(OR)} INTO resolvers (name, precedence) VALUES ('{name}', {place})"
    )
    return chance.choice(
        (
            insert,
            (
                f"INSERT INTO resolvers VALUES ('{name}', {place}, 7) "
                "ON CONFLICT DO UPDATE SET precedence = excluded.precedence"
            ),
            f"UPDATE{chance.choice(OR)} resolvers SET precedence = {place} WHERE name = '{name}'",
            f"UPDATE resolvers SET precedence = precedence + {place}",
            f"UPDATE resolvers SET precedence = {place} WHERE name < '{name}'",
            f"UPDATE{chance.choice(OR)} resolvers SET precedence = NULL WHERE name = '{name}'",
            f"UPDATE{chance.choice(OR)} resolvers SET name = 'new' WHERE name = '{name}'",
            f"UPDATE{chance.choice(OR)} resolvers SET place = {place} WHERE name = '{name}'",
            f"DELETE FROM resolvers WHERE name = '{name}'",
        )
    )


def sources(chance: Chance) -> str:
    """Sources of either kind, that become of the other."""
    name, kind = chance.choice(SOURCES), chance.choice(("live", "reference", "reference"))
    return chance.choice(
        (
            f"INSERT{chance.choice(OR)} INTO sources (name, kind) VALUES ('{name}', '{kind}')",
            (
                f"INSERT INTO sources (name, kind) VALUES ('{name}', '{kind}') "
                "ON CONFLICT DO UPDATE SET kind = excluded.kind"
            ),
            f"UPDATE{chance.choice(OR)} sources SET kind = '{kind}' WHERE name = '{name}'",
            f"UPDATE{chance.choice(OR)} sources SET name = 'new' WHERE name = '{name}'",
            f"DELETE FROM sources WHERE name = '{name}'",
        )
    )


def sightings(chance: Chance) -> str:
    """A source sees models, loses them, sees them again."""
    model, name = _model(chance), chance.choice((*SOURCES, "nowhere"))
    gone = chance.choice(TIMES)
    which = chance.choice((f"model_id = {model}", f"source = '{name}'"))
    return chance.choice(
        (
            (
                f"INSERT{chance.choice(OR)} INTO sightings (model_id, source, missing_since) "
                f"VALUES ({model}, '{name}', {gone})"
            ),
            (
                f"INSERT{chance.choice(OR)} INTO sightings (model_id, source) "
                f"SELECT id, '{name}' FROM models WHERE id % 2 = 0"
            ),
            (
                f"INSERT INTO sightings (model_id, source) VALUES ({model}, '{name}') "
                f"ON CONFLICT DO UPDATE SET missing_since = {gone}"
            ),
            f"UPDATE{chance.choice(OR)} sightings SET missing_since = {gone} WHERE {which}",
            f"UPDATE{chance.choice(OR)} sightings SET source = '{name}' WHERE {which}",
            (
                f"UPDATE{chance.choice(OR)} sightings SET model_id = {chance.choice(IDS)} "
                f"WHERE {which}"
            ),
            f"DELETE FROM sightings WHERE {which}",
        )
    )


def aliases(chance: Chance) -> str:
    """Other names, taken over and given up."""
    provider, alias = chance.choice(PROVIDERS), chance.choice(("latest", "old", "m0"))
    return chance.choice(
        (
            (
                f"INSERT{chance.choice(OR)} INTO aliases VALUES ('{provider}', '{alias}', "
                f"{_model(chance)})"
            ),
            f"UPDATE{chance.choice(OR)} aliases SET model_id = {_model(chance)}",
            f"UPDATE{chance.choice(OR)} aliases SET alias = '{alias}'",
            f"DELETE FROM aliases WHERE alias = '{alias}'",
        )
    )


def measurements(chance: Chance) -> str:
    """Samples, also of models that nobody knows, and (refused) rewritten ones."""
    provider, name = chance.choice(PROVIDERS), chance.choice((*NAMES_OF_MODELS, "m8"))
    figures = chance.choice(("30, NULL", "NULL, 200.5", "55.5, 90", "NULL, NULL", "-1, 5"))
    columns = "provider, name, tokens_per_second, ttft_ms"
    insert = f"INSERT{chance.choice(OR)} INTO measurements"
    return chance.choice(
        (
            f"{insert} ({columns}) VALUES ('{provider}', '{name}', {figures})",
            (
                f"{insert} ({columns}, measured_at) VALUES "
                f"('{provider}', '{name}', {figures}, {chance.choice(TIMES[1:])})"
            ),
            (
                f"{insert} (id, {columns}) VALUES ({chance.choice(IDS)}, "
                f"'{provider}', '{name}', {figures})"
            ),
            f"{insert} ({columns}) SELECT provider, name, 20 + id, NULL FROM models",
            (
                f"{insert} (provider, name, supports_tools, quality_score, quality_suite) VALUES "
                f"('{provider}', '{name}', {chance.choice(('0', '1', 'NULL'))}, "
                f"{chance.random():.2f}, '{chance.choice(SUITES)}')"
            ),
            (
                f"{insert} ({columns}, measured_at) VALUES "
                f"('{provider}', '{name}', {figures}, '9026-01-01T00:00:00Z')"
            ),
            f"UPDATE{chance.choice(OR)} measurements SET tokens_per_second = 1",
            f"DELETE FROM measurements WHERE provider = '{provider}' AND name = '{name}'",
            f"DELETE FROM measurements WHERE id % 4 = {chance.randint(0, 3)}",
        )
    )


def cost_tiers(chance: Chance) -> str:
    """Cut-points are for people to edit."""
    name, cut = chance.choice(("cheap", "standard", "premium", "mine")), chance.random()
    return chance.choice(
        (
            f"INSERT{chance.choice(OR)} INTO cost_tiers VALUES ('{name}', {cut:.2f}, NULL)",
            f"UPDATE cost_tiers SET below = {cut:.2f} WHERE name = '{name}'",
            f"DELETE FROM cost_tiers WHERE name = '{name}'",
        )
    )


def suites(chance: Chance) -> str:
    """What a score means is for people to edit, too."""
    name, cut, least = chance.choice(SUITES), chance.random(), chance.choice((1, 30))
    values = f"('{name}', NULL, {cut:.2f}, {cut + 0.2:.2f}, {least})"
    return chance.choice(
        (
            f"INSERT{chance.choice(OR)} INTO quality_suites VALUES {values}",
            (
                f"INSERT INTO quality_suites VALUES {values} "
                "ON CONFLICT DO UPDATE SET min_samples = excluded.min_samples"
            ),
            f"UPDATE quality_suites SET min_samples = {least}",
            f"UPDATE{chance.choice(OR)} quality_suites SET name = 'new' WHERE name = '{name}'",
            f"DELETE FROM quality_suites WHERE name = '{name}'",
        )
    )


def forbidden(chance: Chance) -> str:
    """Writes to the copy, which only the triggers may make."""
    model, name = chance.choice(IDS), chance.choice(NAMES_OF_MODELS)
    return chance.choice(
        (
            (
                f"INSERT{chance.choice(OR)} INTO catalog (model_id, provider, name, live) "
                f"VALUES ({model}, 'acme', '{name}', 1)"
            ),
            f"UPDATE{chance.choice(OR)} catalog SET max_context = 1",
            f"UPDATE{chance.choice(OR)} catalog SET model_id = 99 WHERE model_id = {model}",
            f"DELETE FROM catalog WHERE model_id = {model}",
            "DELETE FROM catalog",
        )
    )


OPINIONS: dict[Callable[[Chance], str], int] = {
    new_opinions: 10, copied_opinions: 3, upserted_opinions: 6, changed_opinions: 8,
    deleted_opinions: 2,
}  # fmt: skip
EVERYTHING: dict[Callable[[Chance], str], int] = {
    **OPINIONS, new_models: 9, changed_models: 4, deleted_models: 2, resolvers: 4, sources: 3,
    sightings: 5, aliases: 3, measurements: 4, cost_tiers: 1, suites: 2, forbidden: 2,
}  # fmt: skip


OPENING = (
    *(
        f"INSERT INTO models (provider, name) VALUES ('{provider}', '{name}')"
        for provider in PROVIDERS
        for name in NAMES_OF_MODELS
    ),
    "INSERT INTO resolvers (name, precedence) VALUES ('aa', 350), ('bb', 350), ('zz', 100)",
    "INSERT INTO sources (name) VALUES ('here'), ('there')",
    "INSERT INTO sources (name, kind) VALUES ('dataset', 'reference')",
    "INSERT INTO sightings (model_id, source) SELECT m.id, s.name FROM models m, sources s",
)
"""A catalog to begin with: all models, resolvers and sources, every model seen by all."""


def typed(
    seed: int, count: int, kinds: dict[Callable[[Chance], str], int] = EVERYTHING
) -> list[str]:
    """`count` statements, the same for the same seed."""
    chance = Chance(seed)
    makers = chance.choices(list(kinds), list(kinds.values()), k=count)
    return [make(chance) for make in makers]

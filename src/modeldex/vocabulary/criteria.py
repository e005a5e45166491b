"""The criteria of a query, one row each: what every interface calls it, and what it requires.

From TABLE derive the attributes of ModelQuery and the keywords of `find_best`
(`modeldex.vocabulary.model_query`), the options of the command line (`modeldex.cli.criteria`), the
parameters of HTTP and MCP (`modeldex.server.parameters`), the fields of the search form
(`modeldex.server.web.search_page`), the conditions in SQL (`modeldex.query.conditions`), their
explanations (`modeldex.query.requirement_texts`) and `ModelQuery.matches`
(`modeldex.vocabulary.matching`). A new criterion is one row; `python scripts/build_stub.py` then
writes its types for editors and type checkers.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from modeldex.vocabulary.criterion import Criterion
from modeldex.vocabulary.efforts import LEVELS
from modeldex.vocabulary.endpoints import spelling as endpoint
from modeldex.vocabulary.ends import USUAL_DAYS
from modeldex.vocabulary.fields import BY_NAME, MODES, PRICE_BASES, TIERS
from modeldex.vocabulary.likeness import likely
from modeldex.vocabulary.provider_classes import CLASSES
from modeldex.vocabulary.suites import TASKS

COST_TIER_CUTS: tuple[tuple[str, float, float | None], ...] = (
    ("cheap", 0.0, 0.5),
    ("standard", 0.5, 2.0),
    ("premium", 2.0, None),
)
"""Name, lower bound and upper bound (excluded) of the blended cost, USD per 1M tokens.

These are what a new catalog starts with; table `cost_tiers` holds those in force. A blended cost
of 0 is the tier free.
"""
COST_TIERS = ("free", *(name for name, _, _ in COST_TIER_CUTS))

RANKED_TIERS = (*TIERS, "unknown")
"""Quality tiers; the index of one is its `rank_tier`."""

LIMITS, QUALITY = "Limits and price", "Quality and provider"
GROUPS = ("Required capabilities", LIMITS, QUALITY)
"""Titles of the groups of the search form; criteria of no group are under "More criteria"."""


def _flag(column: str, title: str = "") -> Criterion:
    word = column.removeprefix("supports_")
    subject = word.replace("_", " ")
    return Criterion(
        f"requires_{word}", "flag", f"--{word.replace('_', '-')}", BY_NAME[column].meaning,
        column, subject, default=False, lifted=False, sql=f"c.{column} = 1",
        required="{subject}", failed="no {subject}",
        title=title or subject.capitalize(), group=GROUPS[0],
    )  # fmt: skip


def _provider(name: str) -> str:
    from modeldex.vocabulary.providers import canonical

    return canonical(name)


def _holds(name: str, column: str) -> str:
    # A set is stored as a,b,c: with commas around both, only whole words match.
    return f"instr(',' || c.{column} || ',', ',' || :{name} || ',') > 0"


LAST_DAY = "({0} || substr('-31', 1, 10 - length({0})))"
"""SQL: a date, of which YYYY-MM means that the month has to be over; compares with a full one."""

_CLASS = (
    "coalesce((SELECT k.class FROM provider_classes k WHERE k.provider = c.provider), 'unclassed')"
)
_SOME_TIER = "(SELECT {} FROM cost_tiers WHERE name = :cost_tier)"

TABLE: tuple[Criterion, ...] = (
    _flag("supports_tools"),
    _flag("supports_parallel_tools"),
    _flag("supports_vision"),
    _flag("supports_audio"),
    _flag("supports_video"),
    _flag("supports_pdf", "PDF"),
    _flag("supports_json_mode", "JSON mode"),
    _flag("supports_structured_outputs"),
    _flag("supports_streaming"),
    _flag("supports_system_messages"),
    _flag("supports_reasoning"),
    _flag("supports_prompt_cache"),
    _flag("open_weights"),
    Criterion(
        "requires_params", "words", "--param",
        "accepts these request parameters, such as temperature", "known_params", "parameters",
        default=frozenset(), lifted=frozenset(), failed="no {value}",
        option_meaning="accepts this request parameter, such as temperature; several with commas",
        title="Request parameters",
    ),
    Criterion(
        "requires_endpoint", "word", "--endpoint",
        "takes requests at this endpoint, such as /v1/responses or responses", "endpoints",
        "endpoints", sql=_holds("requires_endpoint", "endpoints"), required="endpoint {value}",
        failed="{subject} {found}, not {value}", metavar="PATH", title="Endpoint",
        spelling=endpoint,
    ),
    Criterion(
        "requires_effort", "word", "--effort", "accepts this level of reasoning effort",
        "effort_levels", "effort levels", words=LEVELS,
        sql=_holds("requires_effort", "effort_levels"), required="effort {value}",
        failed="{subject} {found}, not {value}", title="Reasoning effort",
    ),
    Criterion(
        "min_context", "tokens", "--min-context",
        "window, or prompt cap where that is smaller, of at least this many tokens",
        "usable_context", "context", ">=", title="Min. context (tokens)", group=LIMITS,
        option_meaning="window, or prompt cap where that is smaller, of at least this many tokens: "
        "128k, 128_000, 1m",
    ),
    Criterion(
        "max_context", "tokens", "--max-context",
        "window, or prompt cap where that is smaller, of at most this many tokens",
        "usable_context", "context", "<=", title="Max. context (tokens)",
    ),
    Criterion(
        "min_input_tokens", "tokens", "--min-input",
        "takes a prompt of this many tokens, beside the output that min_output_tokens requires",
        "usable_context", "prompt", ">=", title="Min. prompt (tokens)",
        option_meaning="takes a prompt of this many tokens, beside the output that --min-output "
        "requires",
    ),
    Criterion(
        "min_output_tokens", "tokens", "--min-output", "can generate at least this many tokens",
        "max_output_tokens", "output", ">=", title="Min. output limit (tokens)", group=LIMITS,
    ),
    Criterion(
        "max_cost_per_1m_input", "number", "--max-input-cost",
        "at most this input price, USD per 1M tokens", "input_cost_per_1m", "input price", "<=",
        metavar="USD", title="Max. input price (USD per 1M)", group=LIMITS,
    ),
    Criterion(
        "max_cost_per_1m_output", "number", "--max-output-cost",
        "at most this output price, USD per 1M tokens", "output_cost_per_1m", "output price", "<=",
        metavar="USD", title="Max. output price (USD per 1M)", group=LIMITS,
    ),
    Criterion(
        "quality_tier", "tier", "--tier", "exactly this quality tier", "quality_tier", "tier",
        words=RANKED_TIERS, default="any", lifted="any", title="Exact quality tier",
    ),
    Criterion(
        "task", "word", "--task", "what it is chosen for: ranks by how well it does that",
        "rank_band", "task", words=TASKS, default="general", lifted="general",
        exceptions={
            "vision": "c.supports_vision = 1",
            "documents": "(c.supports_pdf = 1 OR c.supports_vision = 1)",
        },
        required="what the task {value} needs", failed="does not take what {value} needs",
        group=QUALITY,
    ),
    Criterion(
        "min_quality_tier", "tier", "--min-tier", "this quality tier or a better one",
        "quality_tier", "tier", "<=", RANKED_TIERS, required="{subject} {value} or better",
        failed="{subject} {found}, below {value}", title="Min. quality tier", group=QUALITY,
    ),
    Criterion(
        "cost_tier", "word", "--cost-tier",
        "class of the blended price, (3 x input + output) / 4", "blended_cost", "blended price",
        words=COST_TIERS, default="any", lifted="any",
        sql=f"c.blended_cost > 0 AND c.blended_cost >= {_SOME_TIER.format('at_least')} "
        f"AND c.blended_cost < {_SOME_TIER.format('coalesce(below, 9e99)')}",
        exceptions={"free": "c.blended_cost = 0"}, required="cost tier {value}", group=LIMITS,
    ),
    Criterion(
        "min_speed_tps", "number", "--min-speed", "generates at least this many tokens per second",
        "speed_hint_tps", "speed", ">=", metavar="TPS", title="Min. tokens per second",
        group=QUALITY,
    ),
    Criterion(
        "provider", "word", "--provider", "offered by this provider, id or alias", "provider",
        "provider", group=QUALITY,
        option_meaning="offered by this provider, id or alias; several with commas",
    ),
    Criterion(
        "providers", "words", "--provider", "offered by one of these providers, ids or aliases",
        "provider", "provider", default=frozenset(), lifted=frozenset(), plural_of="provider",
    ),
    Criterion(
        "provider_class", "word", "--class",
        "kind of provider; where all known models are asked for, any that is vetted by default",
        "provider_class", "provider class", words=CLASSES, lifted="any", group=QUALITY,
        absent="vetted ones", sql=f"{_CLASS} = :provider_class",
        option_meaning="kind of provider; with --known, any lab, cloud, host or gateway by default",
    ),
    Criterion(
        "not_providers", "none_of", "--not-provider", "not offered by these providers, ids or "
        "aliases", "provider", "provider", default=frozenset(), lifted=frozenset(),
        required="not of {value}", failed="of {found}", title="Providers to leave out",
        option_meaning="not offered by this provider, id or alias; several with commas",
        spelling=_provider,
    ),
    Criterion(
        "not_classes", "none_of", "--not-class", "not offered by providers of these classes",
        "provider_class", "provider class", words=CLASSES, default=frozenset(),
        lifted=frozenset(), sql=_CLASS, required="not of a {value}", failed="of a {found}",
        title="Classes to leave out", option_meaning="not offered by this class of provider; "
        "several with commas",
    ),
    Criterion(
        "local_only", "flag", "--local-only",
        "served on a machine of one's own, which a cloud model behind a local server is not",
        "provider_class", "place", default=False, lifted=False, title="Served locally",
        group=QUALITY, required="served on a machine of one's own",
        failed="not served on a machine of one's own",
    ),
    Criterion(
        "base", "word", "--base", "offers of this base model, such as claude-sonnet-4.5", "base",
        "base", title="Base model",
    ),
    Criterion(
        "search", "word", "--search", "has all these words in its names; one with * or ? fits a "
        "whole name", "name", "name", required="named {value}",
        failed="{found} is not named {value}", metavar="TEXT", title="Name",
    ),
    Criterion("family", "word", "--family", "model family, such as gpt-mini", "family", "family"),
    Criterion(
        "mode", "word", "--mode", "what the model is for; chat by default", "mode", "mode",
        words=MODES, default="chat", lifted="any", group=QUALITY,
        exceptions={"chat": "(c.mode IS NULL OR c.mode = 'chat')"},
    ),
    Criterion(
        "price_basis", "word", "--price-basis",
        "how usage is billed; metered, self_hosted or unknown by default", "price_basis",
        "price basis", words=PRICE_BASES, lifted="any", absent="metered, self-hosted or unknown",
    ),
    Criterion(
        "available", "flag", "--known",
        "only models that can be called from here; false: all known models", "live",
        "availability", default=True, lifted=False, title="Callable by this server", group=QUALITY,
        option_meaning="all known models, not only those that can be called from here",
    ),
    Criterion(
        "include_deprecated", "flag", "--include-deprecated",
        "also retired models, those presumed gone, and deprecated ones without a known end ahead",
        "lifecycle", "lifecycle", default=False, lifted=True,
        # A live source proves that a model still answers after its announced retirement.
        sql=f"c.retired_at IS NULL AND (c.lifecycle IS NULL OR c.lifecycle <> 'retired') "
        "AND ((c.retires_at IS NOT NULL "
        f"AND ({LAST_DAY.format('c.retires_at')} > :today OR c.live = 1)) "
        "OR (c.retires_at IS NULL AND (c.lifecycle IS NULL OR c.lifecycle <> 'deprecated') "
        "AND (c.deprecated_at IS NULL OR c.deprecated_at > :today))) "
        "AND (c.presumed_gone IS NULL OR c.presumed_gone > :today OR c.live = 1)",
        required="still in use",
    ),
    Criterion(
        "min_days_left", "days", "--min-days-left",
        "does not stop answering within this many days, as far as is known; by default "
        f"{USUAL_DAYS} for the best model, if one lasts so long, else 0", "retires_at",
        "days left", ">=", metavar="DAYS", title="Min. days left",
        failed="ends on {found}, days left < {value}",
    ),
    Criterion(
        "include_suspicious", "flag", "--include-suspicious",
        "also offers whose facts are not plausible beside those of others", "suspicious",
        "plausibility", default=False, lifted=True, required="plausible facts",
        sql="(c.suspicious IS NULL OR c.suspicious = 0)", failed="facts that are not plausible",
    ),
)  # fmt: skip

BY_CRITERION: Mapping[str, Criterion] = {row.name: row for row in TABLE}
WORKLOAD = Criterion(
    "workload", "flag", "--input-tokens", "takes the prompt of the workload",
    "usable_context", "prompt",
)  # fmt: skip
"""What a workload requires, beside the criteria that are stated."""
EVERYTHING: Mapping[str, object] = MappingProxyType(
    {row.name: row.lifted for row in TABLE if row.applies_by_default and row.name != "available"}
)
"""Criteria that lift every default but that of what can be called."""

PAGE = ("limit", "offset")
"""Attributes of a query that require nothing of a model."""
CRITERIA = (*BY_CRITERION, *PAGE)
SHORT_NAMES: Mapping[str, str] = {
    row.option.removeprefix("--"): row.name
    for row in TABLE
    if not row.plural_of and not (row.kind == "flag" and row.default)
}
"""Criteria by their option, but for those that it turns off."""


def near(name: str, known: Iterable[str]) -> list[str]:
    """Return the names that may be meant by an unknown one: its option's, else likely ones."""
    names = list(known)
    meant = SHORT_NAMES.get(name.replace("_", "-"))
    return [meant] if meant in names else likely(name, names)

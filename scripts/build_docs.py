"""Write the reference pages that are generated from the code: cli.md, fields.md, providers.md.

    python scripts/build_docs.py [--check]

With --check nothing is written; the exit code is 1 if a page is out of date.
"""

import inspect
import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import click
from generated import write

from modeldex.cli.commands.changes import COLUMNS as CHANGED_COLUMNS
from modeldex.cli.commands.cost import COLUMNS as COST_COLUMNS
from modeldex.cli.commands.drift import COLUMNS as DRIFT_COLUMNS
from modeldex.cli.commands.expiring import COLUMNS as EXPIRING_COLUMNS
from modeldex.cli.commands.explain import COLUMNS as EXPLAIN_COLUMNS
from modeldex.cli.commands.history import COLUMNS as HISTORY_COLUMNS
from modeldex.cli.commands.list import SCREENFUL
from modeldex.cli.commands.plugins import COLUMNS as PLUGIN_COLUMNS
from modeldex.cli.commands.providers import COLUMNS as PROVIDER_COLUMNS
from modeldex.cli.commands.search import COLUMNS as SEARCH_COLUMNS
from modeldex.cli.commands.show import COLUMNS as SHOW_COLUMNS
from modeldex.cli.criteria import QUERY, meaning
from modeldex.cli.errors import EXIT_CODES
from modeldex.cli.models import COLUMNS as LIST_COLUMNS
from modeldex.cli.print_diff import COLUMNS as CHANGE_COLUMNS
from modeldex.cli.print_diff import SCREENFUL as CHANGES
from modeldex.cli.program import COMMANDS, program
from modeldex.cli.terminal import Column
from modeldex.upstream.datasets import FEEDS
from modeldex.vocabulary.criterion import Criterion
from modeldex.vocabulary.entry import OfferSpec
from modeldex.vocabulary.fields import FIELDS, Field
from modeldex.vocabulary.provider_classes import reviewed
from modeldex.vocabulary.providers import Provider, provider_class, providers

DOCS = Path(__file__).resolve().parent.parent / "docs"
NOTICE = "<!-- Written by scripts/build_docs.py; edit that instead. -->\n"
EVERYWHERE = ("--db", "--json", "--no-color", "--help")


def named(columns: Iterable[Column]) -> str:
    """Return the names of columns as inline code."""
    return ", ".join(f"`{column.name}`" for column in columns)


def _code(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


OUTPUT = f"""## Output

stdout has the data, stderr everything else.

- On a terminal `list`, `show`, `providers`, `plugins`, `status`, `doctor` and `refresh` print
  tables; without `--limit`, `list` prints {SCREENFUL} models, `refresh --dry-run` {CHANGES} lines.
- Otherwise they print tab-separated values: a header line, then one line per row. Unknown is
  empty, flags are 1 and 0, sets are separated by commas, numbers are plain. A backslash is
  doubled; control, bidirectional and zero-width characters are escaped as `\\t`, `\\n`,
  `\\u202e`. New columns are only added at the end.
  - `list`: {named(LIST_COLUMNS)}; `search`: {named(SEARCH_COLUMNS)}
  - `show`: {named(SHOW_COLUMNS)}, with `--all` also `wins`. The
    lines before the first field identify the model; lines with the field `sighting` have a
    source (under `resolver`) and when it last listed the model.
  - `explain`: {named(EXPLAIN_COLUMNS)}. The lines after
    the last field are each a `sighting`, a `price`, or a reason for being `left_out` of queries.
  - `changes`: {named(CHANGED_COLUMNS)}; `expiring`: {named(EXPIRING_COLUMNS)}
  - `history`: {named(HISTORY_COLUMNS)}; `prune`: `table`, `rows`
  - `drift`: {named(DRIFT_COLUMNS)}; `cost`: {named(COST_COLUMNS)}
  - `providers`: {named(PROVIDER_COLUMNS)}; with a NAME `what`,
    `value`
  - `plugins`: {named(PLUGIN_COLUMNS)}
  - `diff` and `refresh --dry-run`: {named(CHANGE_COLUMNS)},
    where `change` is `added`, `gone` or `changed`, and `by` the sources that list the model, or
    the resolver of the new value
  - `status`: `key`, `value`; keys are the JSON keys, joined by dots
  - `doctor`: `check`, `result` (`ok` or `problem`), `detail`
  - `sql`: the columns of the statement. `sql --csv` and `export --format csv` print the same cells
    as CSV; a text that begins with =, +, - or @ is prefixed with '.
- `best` prints one line if stdout is not a terminal: `provider/name`. The reason for its rank goes
  to stderr if that is a terminal.
- `refresh` prints nothing on stdout if that is not a terminal.
- Text from remote sources is escaped the same way on a terminal, and never parsed as markup.
- A pipe closed by its reader is not an error.

Colour is used on terminals only and never changes the text. `--no-color`, a non-empty `NO_COLOR`
and `TERM=dumb` turn it off; `FORCE_COLOR` turns it on, also for stderr in a file, unless one of
the first two is set. Tab-separated values and JSON have no colour.
"""

JSON = f"""## JSON

`--json` works with every command. stdout is one JSON document (one line unless it is a
terminal) in ASCII; texts are unchanged. What is unknown is absent, flags are `true` and `false`,
sets are sorted lists. The JSON Schema of each document is in [schemas](schemas), named after the
command.

A **model** is the same object wherever there is one: in these documents, over HTTP and MCP, in
`export` and from `model_dump(mode="json")` of the library.

```json
{{"id": "openai/gpt-4o-mini", "spec": {{...}}, "capabilities": {{...}}, "live": false, ...}}
```

- `id`: `provider/name`, the same text in every document that names a model
- `spec`: {_code(OfferSpec._fields)}
- `capabilities`: the known fields of [fields.md](fields.md)
- `usable_context`: the served window, else the documented one, or the cap on the prompt where that
  is smaller, in tokens; `blended_cost`: (3 x input + output) / 4 in USD per 1M tokens
- `cost`, with a workload: `usd`, `usd_per_request`, and `breakdown`: `kind`, `tokens`, `price`,
  `usd`, `assumed`; `exceeds`: the limit by which the request would be refused; `notes`: which
  prices are those of a region, hours or dates
- `price_change`: the next change of input or output price within 30 days: `from 2026-12-01 4/20`
- `matched_alias`: the alias by which it was found
- `live`: whether a live source lists it now; `retired_at`: when it was retired
- `facts_from`: the day of the oldest fact that decides about it, see [life.md](life.md)

| command | document |
|---|---|
| `best` | `model`, `matches` (number of matching models), `why`, \
`callability` (`is_callable`, `how`, `text`, `read_at`, `stale`); with `-n` `models`, `matches`; \
with `--id-for` also `id_for`, the id or the ids; with `--why` also \
`explanation`: `known`, `matches`, `only_unknown`, `summary`, `ranked`, `requirements`, \
`nearest`, as in [explain.md](explain.md); if nothing matches, only `explanation`; \
`price_doubts`, if there are any: `id`, `text`, `sheets` (`resolver`, `input_cost_per_1m`, \
`output_cost_per_1m`), `agreed`, as in [costs.md](costs.md#whose-price) |
| `list` | `total`, `offset`, `models` |
| `search` | `total`, `offset`, `hits`: `id`, `display_name`, `base`, `callable`, `mode`, \
`usable_context`, `input_cost_per_1m`, `output_cost_per_1m`, `quality_tier`, `retires_at`, \
`retired_at` |
| `frontier` | `total`, `models` |
| `cost` | `workload`, `models`, each with its `cost`; `price_doubts` as in `best` |
| `show` | `model`; `fields`: `field`, `value`, `resolver`, `precedence`, `observed_at`, `wins`; \
`sightings`: `source`, `kind`, `first_seen`, `last_seen`, `missing_since`; `price_in_region` where \
the key of the provider is of one region |
| `explain` | `id`, `provider`, `name`, `family`, `display_name`, `aliases`, `retired_at`; \
`fields`: `field`, `value`, `opinions`: `field`, `value`, `resolver`, `precedence`, `observed_at`, \
`changed_at`, `age` (seconds), `wins`, `measured` (`n`, `oldest`, `newest`, `hosts`); \
`sightings`; `prices`: `direction`, `usd_per_1m`, `processing`, `above`, `region`, `hours`, \
`valid_from`, `valid_until`; `left_out`: `criterion`, \
`unknown`, `text`; `facts_from`; `price_doubts` as in `best` |
| `changes` | `total`, `changes`: `id`, `kind`, `provider`, `name`, `field`, `old`, `new`, \
`ratio`, `by`, `at` |
| `expiring` | `total`, `expiring`: `id` and what `registry.expiring` gives |
| `history` | `id`, `history`: periods with their value and its resolver |
| `prune` | `horizon`, `dry_run`, `rows` (by table) |
| `forget` | `source`, `dry_run`, `offers`, `listings` |
| `drift` | `total`, `drift`: `id`, `provider`, `name`, `field`, \
`statements` (`resolver`, `value`), `winner`, `effective`, `ratio`, `since`, `acknowledged`; with \
`--suspicious` `total`, `suspicious`: `id`, `provider`, `name`, `field`, `value`, `resolver`, \
`why` |
| `measure add`, `measure import` | `added`, `duplicates`, `refused` (`row`, `field`, `reason`), \
`refused_rows`, `created`, `ignored`, `dry_run` |
| `measure list` | `id`, `total`, `figures`, `measurements` |
| `providers` | `providers`: objects as `providers NAME` gives one: `id`, `name`, `key` (the \
variable that holds it), `missing` (the variable to set), `keys`, `base_url`, `base_url_from` \
(the variable that replaces it), `base_url_vars`, `listing` (its wire format), `listing_path`, \
`auth`, `local`, `configured` (a refresh requests its listing), `known` and `live` (numbers of \
models, absent without a catalog), `aliases`, `default_model`, `docs`, `note`, `file` (yours) |
| `plugins` | `plugins`: `name`, `kind`, `package`, `version`, `status` (`ok`, `failed`, `off`), \
`detail` |
| `status` | `path`, `modeldex`, `schema`, `journal_mode`, `bytes`, `models` (`known`, \
`available`), `keys` (variable by provider), \
`configured` (by provider: `how`, `region`, `address`, `variable`, `offers`, `read_at`, `age_s`, \
`stale`, `problem`, `error`), `last_refresh`, `last_refresh_age_s`, \
`clock` (what is wrong with the clock of this machine), `oldest_answer` \
(the oldest last answer from outside: `source`, `at`, `age_s`; without `at` that source never \
answered, without `source` none should), `sources` (by name: `kind`, `models`, `last_success`, \
`age_s`, `outside` (it should answer from outside here), `last_answer` (when it last did), `as_of` \
(date or time of its data), `answered` (paths of its API), `remark` (what its key may not read), \
`problem` (`key`, `unreachable`, `timeout`, `refused`, `answer`, `shrunk` or `error`), `error`, \
`problem_at`, `retry_at` (earliest time of the next request), `advice`), `resolvers`, `runs`, \
`snapshots` |
| `sql` | `columns`, `rows` (objects by column, in which NULL is `null`; a second column \
of one name gets `_2`), `more` (whether there are rows beyond `--limit`); bytes as `X'00FF'` |
| `export` | a list of models or of the rows of another table, one object per line (the exception \
to one line) |
| `diff` | `added`, `gone`, `changed` as with `refresh --dry-run` |
| `backup` | `path`, `bytes`, `schema`, `models`, `removed` (paths) |
| `shell` | the JSON output of the `sqlite3` program |
| `doctor` | `path`, `ok`, `repaired`, `checks`: `check`, `ok`, `detail` |
| `refresh` | `status` (`ok`, `partial`, `failed`, `skipped`), `asked` (sources that should have \
answered from outside), `answered` (those that did, and servers found at a default address), \
`steps`: `kind`, `name`, \
`status`, `seen`, `changed`, `dropped`, `error`, `problem`, `retry_at` |
| `refresh --dry-run` | the same, and `dry_run`, `added` and `gone`: `id`, `provider`, `name`, \
`sources`; `changed`: `id`, `provider`, `name`, `field`, `old`, `new`, `resolver` |
| `refresh --print-timer` | the text of each file by its name; a line for cron as `crontab` |

An error is one line on stderr, `{{"error": {{"code": ..., "message": ...}}}}`, with these
additional keys:

| code | keys |
|---|---|
| `usage` | |
| `invalid_query` | `field`, `value`, `reason` |
| `no_match` | `known`, `best`, `unlock` (a variable), `instead`, `would_match` |
| `model_not_found` | `provider`, `name`, `near` |
| `ambiguous_name` | `name`, `candidates` |
| `provider_not_found` | `name`, `near` |
| `invalid_providers` | `path`, `line`, `reason` |
| `too_old` | `source`; `age`, `max_age`, in seconds |
| `partial_refresh`, `refresh_failed` | `failed` |
| `invalid_statement`, `statement_stopped` | `reason` |
| `not_a_file` | `path` |
| `no_program` | |
| `no_id_for` | `provider`, `name`, `client`, `reason`, `advice` |
| `not_installed` | `package`, `extra` |
| `no_home` | |
| `invalid_measurements` | `origin`, `reason`, `refused` |
| `catalog_error`, `not_a_catalog`, `catalog_damaged`, `catalog_read_only`, `catalog_full` | \
`path`, `reason` |
| `catalog_too_new` | `path`, `reason`, `found`, `supported`, `needs` |
| `catalog_locked` | `path`, `reason`, `waited`, in seconds, `holder` |

A problem that does not prevent a result, such as a fault in an override file, is
`{{"warning": {{"message": ...}}}}` on a separate line of stderr.
"""


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table; cells must not contain a newline."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(c.replace("|", "\\|") for c in row) + " |\n" for row in lines)


def cli_page() -> str:
    """Return docs/cli.md."""
    context = click.Context(program, info_name="modeldex")
    commands = {name: program.get_command(context, name) for name in COMMANDS}
    codes = table(("code", "meaning"), ((str(c), text) for c, text in EXIT_CODES.items()))
    parts = [
        f"# The command line\n\n{NOTICE}\n{described(program)}",
        options(program, context, EVERYWHERE),
        "The first three are also accepted after the name of a command.\n",
        f"## Exit codes\n\n{codes}",
        OUTPUT,
        JSON,
        *(section(command, context) for command in commands.values() if command),
    ]
    return "\n".join(parts)


def described(command: click.Command) -> str:
    """Return the help text of a command."""
    return inspect.cleandoc(command.help or "") + "\n"


def section(command: click.Command, parent: click.Context) -> str:
    """Return the reference of a command and its subcommands."""
    context = click.Context(command, info_name=command.name, parent=parent)
    path = context.command_path
    usage = " ".join([path, *command.collect_usage_pieces(context)])
    names = [option for param in command.params for option in param.opts]
    own = [name for name in names if name not in EVERYWHERE]
    below = command.commands.values() if isinstance(command, click.Group) else ()
    return "\n".join(
        [
            (
                f"## {path}\n\n```text\n{usage}\n```\n\n{described(command)}\n"
                f"{options(command, context, own)}"
            ),
            *(section(each, context) for each in below),
        ]
    )


def options(command: click.Command, context: click.Context, names: Sequence[str]) -> str:
    """Return the table of these options of a command."""
    found = [
        param.get_help_record(context)
        for param in command.get_params(context)
        if set(param.opts) & set(names) and isinstance(param, click.Option)
    ]
    return table(("option", "meaning"), ((f"`{r[0]}`", r[1]) for r in found if r is not None))


def fields_page() -> str:
    """Return docs/fields.md."""
    return (
        f"# Fields and criteria\n\n{NOTICE}\n"
        "## Fields\n\nThe facts about a model. The same names are columns of `catalog` and "
        "`capabilities`, attributes of\n`ModelCapabilities`, and keys in JSON. NULL means "
        "unknown.\n\n"
        f"{table(('field', 'unit', 'values', 'meaning'), map(field_row, FIELDS))}\n"
        "## Criteria\n\nThe attributes of `ModelQuery`, which are the arguments of `find_best`, "
        "and the options of\n`best` and `list`. An unknown value never meets a requirement.\n"
        "The name of a criterion works as an option, too: `--max-cost-per-1m-input` is "
        "`--max-input-cost`.\n\n"
        f"{table(('criterion', 'option', 'default', 'meaning'), map(criterion_row, QUERY))}\n"
        "Several `--provider` become `providers`, a set; `limit` and `offset` are options of "
        "`list`.\n"
    )


def field_row(field: Field) -> tuple[str, str, str, str]:
    """Return a row of the table of fields."""
    values = ", ".join(field.choices)
    if not values and field.high > 1:
        values = f"{field.low:,.0f} to {field.high:,.0f}"
    return f"`{field.name}`", field.unit, values, field.meaning


def criterion_row(row: Criterion) -> tuple[str, str, str, str]:
    """Return a row of the table of criteria."""
    default = "" if row.default in (None, frozenset()) else f"`{row.default}`"
    return f"`{row.name}`", f"`{row.option}`", default, meaning(row)


PROVIDERS = """A refresh requests the model list of every provider with a configured key and of
every local server with a configured address, and the open data sets (feeds). Models that a provider
lists are live: callable with this key. Facts in its list outrank the data sets; facts it does not
state come from them, or are unknown.

`MODELDEX_<PROVIDER>_BASE_URL` (upper case, - and . as _) replaces a provider's address, for
gateways, proxies and tests; it has priority over the provider's own variables. An address without a
path gets the default path. A local server is used only if one of these variables is set. To add
hosts, see [providers-own.md](providers-own.md).

If a key is rejected, the error names the variable to check, and the stored models stay. A repeated
page, an endless listing, a truncated response and an unexpected content are failures, shown with
the reason by `modeldex status`.
"""

TARGETS = """\
Behind a gateway and in an account of your own, a name says nothing of its model. Where a listing
states what a name stands for, that is its `target`, as `provider/name`: the model of an Azure
deployment and of a Bedrock inference profile, the model or `base_model` of a LiteLLM group, the
parent of an adapter on vLLM, the original of a copy on Ollama, today's model of an OpenRouter
alias. The offer then has the facts of its target where nobody states its own: tier, window, tools,
prices, base. That goes on if the target stands for another offer in turn. `modeldex explain` names
the resolver `target` beside each such value.

- A LiteLLM group has a target if all its deployments call the same model. One at an `api_base` that
  is not the provider's own, and a name that a wildcard covers, have none, unless `base_model` is
  stated.
- An adapter is tuned: it has window, tools and prices of its parent, but not its base, tier, dates
  or licence. Its `variant` is `adapter`.
- A target that is not in the catalog gives nothing. Targets in a circle are dropped, and named in
  `run_steps`.

State a target that no listing knows in your [overrides](../README.md), as `target: azure/gpt-4o`
among the `capabilities` of a model.
"""

LISTED = """The first variable that is set is used. *Models* is the number of models in the
reference listing of the tests, *states* the fields it fills; your account may list others.
"""

BEDROCK = """For Bedrock, requests go to the region in `AWS_REGION` or `AWS_DEFAULT_REGION`. Without
a Bedrock key, boto3 is used (`pip install 'modeldex[bedrock]'`) if an AWS account and a region are
configured; an account without the right to list models is not a failure.
"""

OTHERS = """Their models come from the data sets; they are available if the key is set.
"""

CLASSES = """Every provider has a class, which says what kind of service it is:

- `lab`: trains models and serves them under its own key, perhaps beside those of others.
- `cloud`: a large cloud or data platform with contracts of its own for the models it offers.
- `host`: runs open weights on accelerators of its own or of its network.
- `gateway`: routes requests to labs, clouds and hosts at prices of its own; well known.
- `reseller`: sells access to models of others; nobody vetted where it comes from. In doubt between
  gateway and reseller, a service is a reseller.
- `local`: a server of your own.
- `plan`: a subscription, or what comes with the subscription of a product.
- `unclassed`: what is known of it does not decide it; treated like a reseller.

If nothing that can be called matches, the error names the key of a lab, without one that of a
cloud, host or gateway, and never that of a reseller or plan unless you name the provider yourself.
The shipped classes, last reviewed on {reviewed}, also cover the providers of the data sets that
have no row below. `class` in [your own providers.toml](providers-own.md) replaces one.
"""

SWITCHES = """Feeds are fetched with conditional requests, so that unchanged data is not sent again.
`MODELDEX_FEEDS=0` disables them, for hosts without internet access. The shipped data is used until
a feed with a later date has been read; after an upgrade of modeldex, shipped data replaces fetched
data only if its date is later.
"""


def providers_page() -> str:
    """Return docs/providers.md."""
    measured = json.loads((DOCS / "listings.json").read_text("utf-8"))
    listed = [p for p in providers().values() if p.listing or p.id == "ollama"]
    others = [p for p in providers().values() if p not in listed and p.keys]
    heads = ("provider", "class", "key variables", "address", "models", "states")
    feeds = ((f"`{n}`", f.url, f"`MODELDEX_{n.upper()}_URL`") for n, f in FEEDS.items())
    parts = [
        f"# Providers\n\n{NOTICE}\n{PROVIDERS}",
        f"## Classes\n\n{CLASSES.format(reviewed=reviewed())}",
        f"## Listings\n\n{LISTED}",
        table(heads, (provider_row(p, measured.get(p.id)) for p in listed)),
        BEDROCK,
        f"## Names that stand for a model\n\n{TARGETS}",
        f"## Feeds\n\n{SWITCHES}",
        table(("feed", "address", "mirror"), feeds),
        f"## Providers without a listing\n\n{OTHERS}",
        table(("provider", "name", "class", "key variables"), map(other_row, others)),
    ]
    return "\n".join(parts)


def provider_row(provider: Provider, measured: dict[str, Any] | None) -> tuple[str, ...]:
    """Return a row of the table of listings."""
    variables = ", ".join(f"`{name}`" for name in provider.base_url_vars)
    address = (
        f"{provider.base_url or 'depends on the account'}{f' ({variables})' * bool(variables)}"
    )
    models = str(measured["models"]) if measured else ""
    states = ", ".join(measured["states"] if measured else ()) or "names only"
    about = f"{provider.name}{f': {provider.note}' * bool(provider.note)}"
    if provider.id == "ollama":
        states = "see [fields.md](fields.md)"
    named = f"`{provider.id}` {about}"
    return named, provider_class(provider.id), _code(provider.keys), address, models, states


def other_row(provider: Provider) -> tuple[str, ...]:
    """Return a row of the table of providers without a listing."""
    word = provider_class(provider.id)
    return f"`{provider.id}`", provider.name, word, _code(provider.keys)


if __name__ == "__main__":
    pages = {"cli.md": cli_page(), "fields.md": fields_page(), "providers.md": providers_page()}
    sys.exit(write({DOCS / name: text for name, text in pages.items()}, __doc__))

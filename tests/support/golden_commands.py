"""The command lines whose answers are golden files, by the command they are about."""

_SMALL = "openai/flagship"
_SHIPPED = "openai/gpt-4o-mini"

SMALL: dict[str, tuple[str, ...]] = {
    "help": ("--help", "--version", "nonsense", "best --nonsense"),
    "best": (
        "best --known", "best --known --tools --why", "best --known --tools --id-for litellm",
        "best --known -n 3 --distinct provider", "best --known --vision --tools --why", "best",
        "best --known --min-context 64k --tier cheap --why", "best --known --as-of 2026-11-01",
        "best --known --tier nonsense", "best --known --input-tokens 20000 --output-tokens 1000",
    ),
    "list": (
        "list --known", "list --known --mode any", "list", "list --provider groq --known",
        "list --known --limit 2 --mode any", "list --provider nobody --known",
    ),
    "search": ("search shared", "search open flag", "search flgship", "search 'mi*' -n 1"),
    "completion": ("completion --help", "completion nonsense"),
    "show": (
        "show openai/flagship", "show openai/mini", "show small", "show shared", "show openai/flag",
        "show mistral/shared --as-of 2026-11-01",
    ),
    "explain": (
        "explain openai/flagship", "explain openai/flagship max_context", "explain groq/newcomer",
        "explain openai/nothing", "explain openai/flagship nothing",
    ),
    "history": (
        "history openai/flagship", "history openai/flagship input_cost_per_1m",
        "history groq/shared tokens", "history groq/newcomer",
    ),
    "changes": ("changes --since 2026-11-01", "changes --since 0s", "changes --since 2026-01-01"),
    "expiring": (
        "expiring --within 90d --known", "expiring --known --past", "expiring",
        "expiring --within soon",
    ),
    "offers": ("offers openai/flagship", "offers flagshp"),
    "bases": ("bases", "bases --unreviewed"),
    "drift": (
        "drift", "drift openai/flagship", "drift --min-ratio 1.2", "drift --suspicious",
        "drift --acknowledge", "drift --field max_context --all",
    ),
    "cost": (
        "cost openai/flagship --input-tokens 20000 --output-tokens 1000 --cached 0.8",
        "cost openai/flagship openai/small groq/shared --input-tokens 1000 --output-tokens 100",
        "cost openai/flagship", "cost mistral/vectors --input-tokens 1000",
    ),
    "frontier": ("frontier --known", "frontier --known --input-tokens 1000"),
    "benchmarks": (
        "benchmarks flagshp", "benchmarks import nothing.csv", "benchmarks --help",
        "benchmarks import --help",
    ),
    "measure": (
        "measure list groq/shared", "measure add openai/small --tps 80 --ttft-ms 300",
        "measure add openai/smal --tps 80", "measure import nothing.jsonl", "measure --help",
    ),
    "refresh": ("refresh", "refresh --dry-run", "refresh --only nothing", "refresh --help"),
    "providers": ("providers",),
    "config": ("config", "config --example"),
    "plugins": ("plugins",),
    "status": ("status", "status --max-age 24h", "status --max-age 30d"),
    "sql": (
        "sql 'SELECT 1'", "sql 'DROP TABLE models'", "sql 'SELECT nothing'",
        "sql 'SELECT provider, name, max_context FROM catalog ORDER BY provider, name'",
    ),
    "export": (
        "export --format jsonl", "export --format csv", "export --table capabilities",
        "export --table provenance --format csv", "export --table nothing",
    ),
    "diff": ("diff original.db", "diff nothing.db", "diff other.db", "diff other.db --exit-code"),
    "backup": ("backup copy.db", "backup original.db"),
    "copy": ("copy catalog.db moved.db", "copy catalog.db original.db"),
    "forget": (
        "forget openai_api --dry-run", "forget nobody", "forget", "forget --unlisted",
    ),
    "prune": ("prune --keep 1d --dry-run", "prune --keep 1d", "prune --keep nonsense"),
    "doctor": ("doctor",),
    "timer": ("refresh --print-timer cron", "refresh --print-timer systemd"),
    "serve": ("serve --port nonsense", "serve --help"),
    "mcp": ("mcp --help",),
}  # fmt: skip
"""Over the small catalog."""

SHIPPED: dict[str, tuple[str, ...]] = {
    "best": (
        "best --known", "best --tools --vision --tier balanced --known",
        "best --tools --min-context 128k --known --provider openai --provider anthropic",
        "best --known --tools --why", "best --known --reasoning --max-input-cost 1 -n 5",
        "best --known --mode embedding", "best --tools --tier cheap --known -n 10",
    ),
    "list": ("list --provider anthropic --known", "list --provider openai --known --tools"),
    "search": ("search haiku", "search claude sonnet 4.5 -n 3", "search '*opus-5*'", "search hiku"),
    "show": (
        "show openai/gpt-4o-mini", "show gpt-4o-mini", "show openai/gpt-4o-min", "show gpt-4o-min",
    ),
    "explain": ("explain openai/gpt-4o-mini max_context", "explain openai/gpt-4o-mini"),
    "cost": (
        "cost openai/gpt-4o-mini --input-tokens 20000 --output-tokens 1000 --cached 0.8",
        "cost anthropic/claude-sonnet-4-5 --input-tokens 300000 --output-tokens 1000",
    ),
    "offers": ("offers claude-sonnet-4.5", "offers claude-sonet-4.5"),
    "benchmarks": ("benchmarks claude-opus-5.5",),
    "drift": (
        "drift --min-ratio 20", "drift openai/gpt-4o-mini", "drift --suspicious", "drift --parity",
    ),
    "expiring": ("expiring --within 30d --known",),
    "frontier": ("frontier --known --tools --provider openai --provider anthropic",),
    "status": ("status",),
    "providers": ("providers",),
    "history": ("history openai/gpt-4o-mini",),
    "export": ("export --format jsonl", "export --table prices --format csv"),
}  # fmt: skip
"""Over the data that the package ships."""

TABLES = frozenset((
    "list", "search", "show", "explain", "history", "changes", "expiring", "offers", "bases",
    "drift", "cost", "frontier", "benchmarks", "providers", "config", "plugins", "status", "sql",
    "diff", "doctor",
))  # fmt: skip
"""Commands whose first line prints a table and changes nothing."""

"""The click program: imports commands on demand and turns errors into exit codes."""

import contextlib
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import IO, Any, NoReturn

import click
from click.shell_completion import CompletionItem

from modeldex.cli import terminal
from modeldex.cli.did_you_mean import Group, clearer
from modeldex.cli.errors import FAILURE, INTERRUPTED, OK, as_json, exit_code
from modeldex.cli.settings import Settings, everywhere
from modeldex.errors import ModeldexError
from modeldex.version import __version__

COMMANDS = {
    "best": "Find the best model that meets the criteria.",
    "list": "List all models that meet the criteria, best first.",
    "search": "Find models by a part of a name.",
    "offers": "List who offers a base model, by price.",
    "bases": "List the base models, and how many offers of each are known.",
    "show": "Show all facts about one model, and their origin.",
    "explain": "Show every opinion on one model, and which are effective.",
    "history": "Show the past and present opinions on a model.",
    "changes": "List what changed in the catalog since a moment.",
    "expiring": "List models that are retired soon, and their replacements.",
    "drift": "List fields on which resolvers disagree.",
    "cost": "Compute what a workload costs on some models.",
    "frontier": "List the Pareto frontier of cost, speed and quality score.",
    "benchmarks": "List and import scores of base models on benchmarks.",
    "measure": "Add, import and list measurements.",
    "refresh": "Fetch models and facts from all sources and store them.",
    "providers": "List providers, and which of them have a key here.",
    "config": "Show the options that config.toml states.",
    "plugins": "List sources and resolvers of other packages.",
    "status": "Show the size and age of the catalog, and recent failures.",
    "sql": "Run a SELECT on the catalog.",
    "shell": "Open the catalog in the sqlite3 program.",
    "export": "Export the catalog as JSON, JSON Lines or CSV.",
    "diff": "Compare two catalog files.",
    "backup": "Make a verified copy of the catalog, also while it is in use.",
    "copy": "Copy a catalog between files and PostgreSQL databases.",
    "prune": "Delete old history.",
    "forget": "Forget what a source lists that is gone, or models that nobody lists.",
    "doctor": "Check the integrity of the catalog file.",
    "completion": "Print the script that completes commands and values in a shell.",
    "serve": "Serve the catalog over HTTP.",
    "mcp": "Serve the catalog over MCP on stdin and stdout.",
}
"""What each command does; its module in `modeldex.cli.commands` has its name."""

_FUNCTIONS = {
    "list": "listing",
    "drift": "drift_command",
    "search": "search_command",
}  # else named as the command


class Program(Group):
    """A click group of lazily imported commands that handles all errors of a user."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """The names of the commands, most used first."""
        return list(COMMANDS)

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command; None if there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"modeldex.cli.commands.{cmd_name}")
        command: click.Command = getattr(module, _FUNCTIONS.get(cmd_name, cmd_name))
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete the name of a command or an option, without importing any command."""
        found = [
            CompletionItem(name, help=does)
            for name, does in COMMANDS.items()
            if name.startswith(incomplete)
        ]
        return [*found, *click.Command.shell_complete(self, ctx, incomplete)]

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write what each command does, without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def invoke(self, ctx: click.Context) -> int:
        """Run the command; a pipe that its reader closed counts as success."""
        try:
            code: int = super().invoke(ctx) or OK
            if sys.stdout is not None:
                sys.stdout.flush()
        except BrokenPipeError:
            _discard_stdout()
            return OK
        return code

    def main(  # type: ignore[override]
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        **extra: Any,
    ) -> NoReturn:
        """Run the command and exit; errors of a user become a message and an exit code."""
        settings = Settings()
        for stream in (sys.stdout, sys.stderr):
            _escape_unencodable(stream)
        try:
            extra |= {"standalone_mode": False, "obj": settings}
            code = super().main(args, prog_name or "modeldex", **extra) or OK
        except click.Abort:
            code = INTERRUPTED
        except (click.ClickException, ModeldexError, OSError) as error:
            code = _report(settings, error, sys.argv[1:] if args is None else args)
        sys.exit(code)


def _escape_unencodable(stream: IO[str] | None) -> None:
    """Make a stream escape the characters that its encoding lacks, instead of raising."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")


def _discard_stdout() -> None:
    """Point stdout at the null device, so that flushing its buffer at exit cannot fail."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    with contextlib.suppress(OSError, ValueError):
        os.dup2(nowhere, sys.stdout.fileno())


def _report(settings: Settings, error: Exception, args: Sequence[str]) -> int:
    """Print the error to stderr; returns its exit code."""
    error, code = clearer(error), exit_code(error)
    with contextlib.suppress(OSError):
        # A usage error may come before --json was parsed.
        if settings.json or "--json" in args:
            terminal.print_error_json(as_json(error))
        elif isinstance(error, click.ClickException):
            error.show()
        else:
            terminal.print_error(settings, str(error))
    if isinstance(error, OSError):  # perhaps of stdout itself, such as a full disk
        _discard_stdout()
    return code or FAILURE


@everywhere()
@click.group(cls=Program, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="modeldex", message="%(prog)s %(version)s")
def program() -> None:
    """Find the language model to call, in a local catalog of models, prices and limits."""

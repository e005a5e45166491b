"""The click program: imports commands on demand and turns errors into exit codes."""

import contextlib
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import IO, Any, NoReturn

import click

from modeldex.cli import terminal
from modeldex.cli.errors import FAILURE, INTERRUPTED, OK, as_json, exit_code
from modeldex.cli.settings import Settings, everywhere
from modeldex.errors import ModeldexError
from modeldex.version import __version__

COMMANDS = {
    "best": "modeldex.cli.commands.best:best",
    "list": "modeldex.cli.commands.list:listing",
    "show": "modeldex.cli.commands.show:show",
    "explain": "modeldex.cli.commands.explain:explain",
    "history": "modeldex.cli.commands.history:history",
    "changes": "modeldex.cli.commands.changes:changes",
    "expiring": "modeldex.cli.commands.expiring:expiring",
    "drift": "modeldex.cli.commands.drift:drift_command",
    "cost": "modeldex.cli.commands.cost:cost",
    "frontier": "modeldex.cli.commands.frontier:frontier",
    "measure": "modeldex.cli.commands.measure:measure",
    "refresh": "modeldex.cli.commands.refresh:refresh",
    "providers": "modeldex.cli.commands.providers:providers",
    "plugins": "modeldex.cli.commands.plugins:plugins",
    "status": "modeldex.cli.commands.status:status",
    "sql": "modeldex.cli.commands.sql:sql",
    "shell": "modeldex.cli.commands.shell:shell",
    "export": "modeldex.cli.commands.export:export",
    "diff": "modeldex.cli.commands.diff:diff",
    "backup": "modeldex.cli.commands.backup:backup",
    "copy": "modeldex.cli.commands.copy:copy",
    "prune": "modeldex.cli.commands.prune:prune",
    "doctor": "modeldex.cli.commands.doctor:doctor",
    "serve": "modeldex.cli.commands.serve:serve",
    "mcp": "modeldex.cli.commands.mcp:mcp",
}


class Program(click.Group):
    """A click group of lazily imported commands that handles all errors of a user."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """The names of the commands, most used first."""
        return list(COMMANDS)

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command; None if there is none of that name."""
        module, _, attribute = COMMANDS.get(cmd_name, "").partition(":")
        return getattr(import_module(module), attribute) if module else None

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
    code = exit_code(error)
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

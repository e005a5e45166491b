"""`modeldex completion`."""

import click
from click.shell_completion import get_completion_class

from modeldex.cli.did_you_mean import Choice
from modeldex.cli.settings import everywhere

SHELLS = ("bash", "zsh", "fish")


@everywhere()
@click.command()
@click.argument("shell", type=Choice(SHELLS), metavar="bash|zsh|fish")
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the script that lets a shell complete commands, options and their values.

    For bash and zsh, add to ~/.bashrc or ~/.zshrc, there after compinit:
    source <(modeldex completion bash). For fish, write it to
    ~/.config/fish/completions/modeldex.fish. Providers, models, bases and families are read from
    the catalog file.
    """
    found = get_completion_class(shell)
    assert found is not None  # noqa: S101 - for the type checker
    script = found(context.find_root().command, {}, "modeldex", "_MODELDEX_COMPLETE")
    click.echo(script.source_template % script.source_vars())

"""What may be meant by a command, option or value that does not exist, the likeliest first.

click's own suggestions are few and stand in the order of the alphabet.
"""

from typing import Any

import click
from click.shell_completion import CompletionItem

from modeldex.vocabulary.likeness import did_you_mean, likely


class Group(click.Group):
    """A click group whose error for an unknown command names those that may be meant."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            if isinstance(error, click.NoSuchOption):
                raise
            meant = did_you_mean(args[0], self.list_commands(ctx))
            raise click.UsageError(_sentences(error.message, meant), ctx) from None


class Choice(click.Choice[str]):
    """A choice of words, whatever their case; the error for another one names the likely ones."""

    def __init__(self, choices: Any) -> None:
        super().__init__(choices, case_sensitive=False)

    def get_invalid_choice_message(self, value: Any, ctx: click.Context | None) -> str:
        """Say what may be meant, else all choices."""
        meant = did_you_mean(str(value), self.choices)
        everything: str = super().get_invalid_choice_message(value, ctx)
        return f"there is no {value!a}; {meant}" if meant else everything


class Choices(Choice):
    """Words of a choice, with commas between them."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the same words as the choice has them."""
        parts = [part for part in str(value).split(",") if part.strip()] or [""]
        return ",".join(super(Choices, self).convert(part.strip(), param, ctx) for part in parts)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Complete the last word."""
        before, comma, last = incomplete.rpartition(",")
        found = super().shell_complete(ctx, param, last)
        return [CompletionItem(f"{before}{comma}{each.value}") for each in found]


def clearer(error: Exception) -> Exception:
    """Return the error for an unknown option with the options that may be meant; else the same."""
    if not isinstance(error, click.NoSuchOption) or error.ctx is None:
        return error
    known = [opt for param in error.ctx.command.get_params(error.ctx) for opt in param.opts]
    dashed = {opt.lstrip("-"): opt for opt in known if opt.startswith("--")}
    meant = [dashed[name] for name in likely(error.option_name.lstrip("-"), dashed)]
    text = f"did you mean {' or '.join(meant)}?" if meant else ""
    return click.UsageError(_sentences(error.message, text), error.ctx)


def _sentences(message: str, meant: str) -> str:
    return f"{message} {meant[0].upper()}{meant[1:]}" if meant else message

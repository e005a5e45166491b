"""The command line `modeldex`: one thin module per command, imported when it is asked for."""

from typing import NoReturn


def main() -> NoReturn:
    """Run the command line with this process's arguments; the exit codes are in `failures`."""
    from modeldex.cli.program import program

    program.main()
    raise AssertionError("unreachable")

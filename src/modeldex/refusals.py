"""The failures of a question over HTTP that are worth telling apart."""

from modeldex.errors import SourceFailed


class NoAnswer(SourceFailed):
    """The server was not reached or fell silent: another question would fare no better."""


class KeyRefused(SourceFailed):
    """The server does not take this key: no retry will help."""


class NotThere(SourceFailed):
    """The server has nothing at this address, or has it no more (404, 405, 410)."""

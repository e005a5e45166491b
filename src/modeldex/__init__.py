"""modeldex: a persistent catalog of language models that explains itself."""

__version__ = "0.1.0"

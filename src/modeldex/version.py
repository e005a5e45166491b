"""The version of modeldex."""

__version__ = "0.2.0"

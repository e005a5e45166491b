"""GGUF files on disk: where they lie, what their headers say, which models they make.

`header` reads one file, `folders` finds and names files, `shelf` makes models of both.
"""

from modeldex.gguf.header import Header, InvalidGguf, read_header

__all__ = ["Header", "InvalidGguf", "read_header"]

"""GGUF files on disk: find them, read their headers, turn them into models.

`folders` finds and names files, `header` reads one file, `library` makes models of both.
"""

from modeldex.upstream.gguf.header import Header, InvalidGguf, read_header

__all__ = ["Header", "InvalidGguf", "read_header"]

"""Catalogs in a file."""

"""Catalogs on a PostgreSQL server: the same tables, views, triggers and queries as on SQLite."""

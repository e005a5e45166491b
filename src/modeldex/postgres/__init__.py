"""PostgreSQL behind the same catalog: the same tables, views, laws and questions."""

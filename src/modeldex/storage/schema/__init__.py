"""The tables, views and triggers of a catalog."""

"""Other registries, read as sources."""

"""Everything that is written: where a catalog is, how it is opened, filled and copied."""

"""Everything that reads or writes a catalog: its location, opening, filling and copying."""

"""Wire formats: a typed reading of their JSON and one mapping each. No I/O."""

"""Wire formats: lenient models of a payload, and one mapping to rows for each. No I/O."""

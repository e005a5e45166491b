"""The past and its differences: changes, disagreements, ends, and what is forgotten."""

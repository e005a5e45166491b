"""Queries on a catalog: criteria, SQL, ranking, explanations."""

"""Questions to a catalog: criteria, SQL, ranking, explanations."""

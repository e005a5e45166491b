"""The past: changes, disagreements, models that end, history rows and their deletion."""

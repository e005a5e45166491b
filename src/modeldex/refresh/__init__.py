"""A refresh: who is asked, what goes wrong, what is written down."""

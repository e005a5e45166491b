"""Measurements of performance labs: parse, check and store them."""

"""Samples of performance labs: read, checked, recorded."""

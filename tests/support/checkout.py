"""Where the checkout is, its data for tests, and the folder of these helpers."""

from pathlib import Path

SUPPORT = Path(__file__).resolve().parent
TESTS = SUPPORT.parent
DATA = TESTS / "data"
ROOT = TESTS.parent
SHARED = ROOT.parent / "shared"
"""Payloads and files that are kept beside the checkout, where they are there."""

"""Pickles and skops archives, read without running anything."""

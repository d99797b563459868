"""Electrical rules: the tables of two standards, and what they say about one design."""

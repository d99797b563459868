"""What WMO code table 4677 calls what matters on a roof."""

THUNDER = frozenset({95, 96, 99})
FREEZING = frozenset({56, 57, 66, 67})
"""Freezing drizzle and rain."""

SQUALLS = frozenset({18, 19})
"""Squalls; funnel clouds, tornadoes."""

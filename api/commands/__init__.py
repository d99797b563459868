"""The commands of `solarsync`, one file per errand; each imports what it needs only when it runs."""

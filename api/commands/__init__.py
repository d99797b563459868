"""The commands of `solarsync`, one file per errand. Each imports what it needs when it runs: `size` is quick."""

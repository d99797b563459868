"""Prompts of the language model, one Markdown file each. There is none yet: triage is deterministic."""

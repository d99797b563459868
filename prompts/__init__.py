"""Prompts of the language model, one Markdown file each: a head with its version, then what the model is told."""

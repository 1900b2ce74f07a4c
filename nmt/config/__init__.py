"""Configs: named components, strict YAML, one-line errors."""

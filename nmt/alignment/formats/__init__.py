"""The export formats: one file each, listed in `registry`."""

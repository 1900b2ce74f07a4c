"""From a config to a finished run folder, and from a run folder back to a translator."""

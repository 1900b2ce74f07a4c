"""One thin file a command: flags -> library call -> files. Only this package prints."""

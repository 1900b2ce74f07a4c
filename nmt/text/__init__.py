"""Text: reading lines, cutting them into pieces, numbering the pieces."""

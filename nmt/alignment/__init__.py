"""Alignments as numbers: matrices of attention, links, export formats, scores against gold."""

"""Tensor tools that know no translation: recurrences, masks, dropout, initialisation."""

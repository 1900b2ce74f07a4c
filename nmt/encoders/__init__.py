"""Encoders: source embeddings to the states that a decoder reads."""

from nmt.config.component import import_members

import_members(__name__)

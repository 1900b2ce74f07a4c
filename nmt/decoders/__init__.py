"""Decoders: where attention sits in the recurrence."""

from nmt.config.component import import_members

import_members(__name__)

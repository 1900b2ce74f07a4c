"""Bridges: the encoder's last states to the decoder's first."""

from nmt.config.component import import_members

import_members(__name__)

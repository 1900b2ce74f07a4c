"""One file = one way from scores to weights."""

from nmt.config.component import import_members

import_members(__name__)

"""One file = one window."""

from nmt.config.component import import_members

import_members(__name__)

"""One file = one learning-rate schedule."""

from nmt.config.component import import_members

import_members(__name__)

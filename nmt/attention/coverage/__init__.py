"""One file = one way to remember what has been translated."""

from nmt.config.component import import_members

import_members(__name__)

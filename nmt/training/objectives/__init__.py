"""One file = one objective, which is what an update makes smaller."""

from nmt.config.component import import_members

import_members(__name__)

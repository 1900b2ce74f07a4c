"""AlignmentRecord: one sentence pair with its alignment and links, as every export format takes it."""

from __future__ import annotations

from dataclasses import dataclass

from nmt.alignment.alignment import Alignment
from nmt.alignment.links import Links


@dataclass(frozen=True, eq=False)
class AlignmentRecord:
    """`src` and `tgt` are the sentences as they were written; `links` are between the tokens of `alignment`.

    Raises ValueError for a link outside the tokens.
    """

    id: int
    """Line number in the source file, counted from 0."""
    src: str
    tgt: str
    alignment: Alignment
    links: Links
    rank: int = 1
    """Place in the n-best list of this line, from 1."""

    def __post_init__(self) -> None:
        sources, targets = len(self.alignment.src_tokens), len(self.alignment.tgt_tokens)
        for src, tgt in self.links:
            if not (0 <= src < sources and 0 <= tgt < targets):
                raise ValueError(f"link {src}-{tgt} is outside {sources} source and {targets} target tokens")

"""The two tokenizers of a model, one for each side."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from nmt.text.tokenizers.tokenizer import Tokenizer
from nmt.text.vocab import VocabConfig

SRC, TGT = "src", "tgt"
"""Names of the saved files, before their extension."""


def fit_tokenizers(config: Tokenizer.Config, vocab: VocabConfig, src: Path, tgt: Path) -> tuple[Tokenizer, Tokenizer]:
    """Tokenizers for source and target, learned from these files; one and the same with `vocab.shared`."""
    kind = cast(type[Tokenizer], config.component)
    if vocab.shared:
        both = kind.fit(config, vocab, [src, tgt])
        return both, both
    return kind.fit(config, vocab, [src]), kind.fit(config, vocab, [tgt])


def save_tokenizers(folder: Path, src: Tokenizer, tgt: Tokenizer) -> None:
    """Write both into `folder`, which is made if it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    src.save(folder, SRC)
    tgt.save(folder, TGT)


def load_tokenizers(config: Tokenizer.Config, folder: Path) -> tuple[Tokenizer, Tokenizer]:
    """What `save_tokenizers` wrote; equal tokenizers become one.

    Errors: CheckpointError if a file is missing or damaged.
    """
    kind = cast(type[Tokenizer], config.component)
    src, tgt = kind.load(config, folder, SRC), kind.load(config, folder, TGT)
    return (src, src) if src.fingerprint() == tgt.fingerprint() else (src, tgt)

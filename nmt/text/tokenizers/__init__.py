"""Tokenizers: every file here that declares a `Tokenizer` is a choice of `data.tokenizer.type`."""

from nmt.config.component import import_members

import_members(__name__)

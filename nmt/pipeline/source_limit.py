"""Sources that are too long for the model, found before training by file and line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from nmt.config.experiment import Experiment
from nmt.data.corpus import Corpus
from nmt.data.mapped import MappedCorpus
from nmt.errors import DataError

KEY = "model.decoder.attention.scorer.max_positions"


class Sources(NamedTuple):
    """The sources of one file: how many pieces each has, without EOS, and its line."""

    path: str
    lengths: Sequence[int] | np.ndarray
    lines: Sequence[int] | np.ndarray


def refuse_long_sources(
    experiment: Experiment, train: Corpus | MappedCorpus, others: Sequence[tuple[str, Corpus]]
) -> None:
    """`others` are the validation and test sets, with the paths of their sources. What is drawn in more pieces than it
    has here (subword sampling) is found where it is used.

    Errors: DataError with a line for each file that has a source longer than the score function takes, its first.
    """
    limit = experiment.model.longest_source()
    if limit is None:
        return
    data = experiment.data
    if isinstance(train, MappedCorpus):
        paths = [data.train.src, *(files.src for files in data.mix)]
        found = [Sources(path, part.lengths[:, 0], part.lines) for path, part in zip(paths, train.parts, strict=True)]
    else:
        found = [_sources(data.train.src, train)]
    found += [_sources(path, corpus) for path, corpus in others]
    mistakes = [mistake for sources in found if (mistake := _first_longer(sources, limit))]
    if mistakes:
        raise DataError(*mistakes)


def _sources(path: str, corpus: Corpus) -> Sources:
    return Sources(path, [len(ids) for ids in corpus.src], corpus.line)


def _first_longer(sources: Sources, limit: int) -> str | None:
    longer = np.flatnonzero(np.asarray(sources.lengths) >= limit)
    if not longer.size:
        return None
    line, positions = sources.lines[longer[0]], int(sources.lengths[longer[0]]) + 1
    more = f" ({longer.size} such lines)" if longer.size > 1 else ""
    return f"{sources.path}:{line}: {positions} positions with EOS, more than {KEY}, {limit}{more}; shorten or raise it"

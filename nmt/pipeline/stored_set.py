"""A test set of a run with the translations that lie in the run folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from nmt.config.experiment import Experiment
from nmt.config.messages import did_you_mean
from nmt.data.pairs import read_pairs
from nmt.errors import DataError, UserError
from nmt.evaluation.config import EvaluationConfig
from nmt.pipeline.evaluation import evaluate_sets
from nmt.pipeline.loading import load_translator
from nmt.pipeline.origin import require_fresh
from nmt.pipeline.run_folder import RunFolder
from nmt.text.reader import read_lines


class StoredSet(NamedTuple):
    """The lines of a test set: what was to be translated, how it should read, and what the run made of it."""

    run: Path
    name: str
    config: EvaluationConfig
    sources: list[str]
    references: list[str]
    hypotheses: list[str]

    def require_comparable(self, other: StoredSet) -> None:
        """Errors: UserError if the scores of `other` mean something else than those of this one."""
        here, there = self.config.bleu_tokenize, other.config.bleu_tokenize
        if here != there:
            problem = f"evaluation.bleu_tokenize is {there}, {here} in {self.run}"
        elif len(self.references) != len(other.references):
            problem = f"{len(other.references)} references, {len(self.references)} in {self.run}"
        elif self.references != other.references:
            pairs = zip(self.references, other.references, strict=True)
            line = next(number for number, (mine, theirs) in enumerate(pairs, start=1) if mine != theirs)
            problem = f"other references than in {self.run}, from line {line} on"
        else:
            return
        raise UserError(f"{other.run}: test set {other.name} cannot be compared: {problem}")


def stored_set(run: Path, name: str, tell: Callable[[str], None]) -> StoredSet:
    """Reads a set; where its translations are missing, makes them first, as the run's config says.

    Errors: UserError without such a set in the config; DataError if the texts cannot be read or do not fit, or as
    `require_fresh`.
    """
    experiment = RunFolder(run).experiment()
    pairs = read_test_pairs(run, experiment, name)
    sources, references = zip(*pairs, strict=True)
    path = RunFolder(run).evaluations / f"{name}.hyp"
    if not path.is_file():
        tell(f"{run} has no translations of {name} yet")
        translator, _ = load_translator(run, warn=tell)
        evaluate_sets(translator, experiment, run, {name: pairs}, tell)
    hypotheses = list(read_lines(path))
    if len(hypotheses) != len(references):
        raise DataError(
            f"{path} has {len(hypotheses)} lines for {len(references)} references; "
            f"translate them again with: nmt evaluate {run} --set-name {name}"
        )
    require_fresh(run, name, experiment.search, sources)
    return StoredSet(run, name, experiment.evaluation, list(sources), list(references), hypotheses)


def read_test_pairs(run: Path, experiment: Experiment, name: str) -> list[tuple[str, str]]:
    """The pairs of a test set of a run. Errors: UserError if its config names no such set; DataError."""
    sets = experiment.data.test
    if name not in sets:
        raise UserError(f"{run} has no test set {name}{did_you_mean(name, list(sets))}")
    return read_pairs(sets[name].src, sets[name].tgt)

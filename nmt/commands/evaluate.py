"""`nmt evaluate`: scores of a run, of a file of translations, or of a file of links."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from nmt.commands.options import Beam, CheckpointName, DeviceName, EnsembleRuns, ForbidUnk, GoldBase, Threads

if TYPE_CHECKING:
    from nmt.alignment.gold import GoldFile
    from nmt.config.experiment import Experiment
    from nmt.evaluation.config import BleuTokenizer
    from nmt.pipeline.scoring import Baseline
    from nmt.translator import Translator

Pairs = list[tuple[str, str]]

EPILOG = """\b
Examples:
  nmt evaluate runs/demo --set-name test
  nmt evaluate runs/demo --source test.en --ref test.de
  nmt evaluate output.de --ref test.de --baseline other.de
"""


def evaluate(
    what: Annotated[Path, typer.Argument(help="A run folder, a file of translations, or a file of links.")],
    set_name: Annotated[str | None, typer.Option(help="Test set of the run's config. Default: all of them.")] = None,
    ref: Annotated[Path | None, typer.Option(help="References for a file of translations, or for --source.")] = None,
    source: Annotated[
        Path | None, typer.Option(help="What a run translates instead of its test sets, or what a file translates.")
    ] = None,
    gold_align: Annotated[
        Path | None,
        typer.Option(help="Gold links (`i-j`, `i?j`) for --source, or for a file of Pharaoh links: prints AER."),
    ] = None,
    gold_base: GoldBase = None,
    baseline: Annotated[
        Path | None, typer.Option(help="Test the difference from this run, or for a file from this other file.")
    ] = None,
    tokenize: Annotated[
        str | None, typer.Option(help="sacreBLEU's tokenizer for files: 13a, none, intl, char, zh. Default: 13a.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print all scores as JSON.")] = False,
    beam: Beam = None,
    forbid_unk: ForbidUnk = False,
    ensemble: EnsembleRuns = None,
    checkpoint: CheckpointName = "best",
    device: DeviceName = "auto",
    threads: Threads = None,
) -> None:
    """BLEU, chrF and TER with signatures and 95 % intervals, BLEU by length, perplexity, and AER by gold links.

    The run folder keeps translations and scores (eval/) of its own test sets unless --beam, --forbid-unk, --checkpoint
    or --ensemble change them.
    """
    from nmt.commands.output import write_report
    from nmt.commands.score_lines import detail_lines, score_lines

    files = _Files(ref, source, gold_align, gold_base, baseline, tokenize)
    if gold_align is None:
        _refuse({"--gold-base": gold_base is not None}, "only with --gold-align")
    if what.is_dir():
        _check_for_run(what, set_name, files)
        scores = _of_run(what, set_name, files, (beam, forbid_unk), (checkpoint, device, threads, ensemble or []))
    else:
        translating = {"--ensemble": ensemble, "--beam": beam, "--forbid-unk": forbid_unk, "--set-name": set_name}
        _refuse(
            {**translating, "--checkpoint": checkpoint if checkpoint != "best" else None},
            f"{what} is a file; only runs translate",
        )
        scores = {what.name: _of_file(what, files)}
    lines = [json.dumps(scores, ensure_ascii=False)] if as_json else score_lines(scores) + detail_lines(scores)
    write_report(*lines)


class _Files(NamedTuple):
    """The flags about files."""

    ref: Path | None
    source: Path | None
    gold_align: Path | None
    gold_base: int | None
    baseline: Path | None
    tokenize: str | None

    def gold(self) -> GoldFile | None:
        """Errors: DataError as `GoldFile`."""
        from nmt.alignment.gold import GoldFile

        return GoldFile(self.gold_align, self.gold_base) if self.gold_align else None

    def tokenizer(self) -> BleuTokenizer | None:
        """Errors: UserError if sacreBLEU has none of this name."""
        from nmt.errors import UserError
        from nmt.evaluation.config import BLEU_TOKENIZERS

        if self.tokenize is not None and self.tokenize not in BLEU_TOKENIZERS:
            raise UserError(f"--tokenize {self.tokenize}: must be one of {', '.join(BLEU_TOKENIZERS)}")
        return self.tokenize  # type: ignore[return-value]


def _refuse(flags: dict[str, Any], why: str) -> None:
    """Errors: UserError if one of the flags is given."""
    from nmt.errors import UserError

    for flag, value in flags.items():
        if value:
            raise UserError(f"{flag}: {why}")


def _check_for_run(what: Path, set_name: str | None, files: _Files) -> None:
    """Errors: UserError for flags about files that do not go together for a run."""
    if files.source and files.ref:
        _refuse({"--set-name": set_name}, "names a test set of the config; leave it out with --source")
    elif files.source or files.ref:
        both = "a run takes --source and --ref together, or neither for the test sets of its config"
        _refuse({"--source": files.source, "--ref": files.ref}, both)
    else:
        why = f"{what} is a run folder, whose config says it for its test sets; only with --source and --ref"
        _refuse({"--gold-align": files.gold_align, "--tokenize": files.tokenize}, why)


def _of_run(
    run: Path,
    set_name: str | None,
    files: _Files,
    searching: tuple[int | None, bool],
    loading: tuple[str, str, int | None, list[Path]],
) -> dict[str, dict[str, Any]]:
    from nmt.commands.output import say
    from nmt.pipeline.evaluation import evaluate_sets
    from nmt.pipeline.loading import changed_search, load_translator

    files.tokenizer()
    checkpoint, device, threads, ensemble = loading
    translator, experiment = load_translator(run, checkpoint, device, threads, say, ensemble)  # type: ignore[arg-type]
    beam, forbid_unk = searching
    translator.search = changed_search(experiment.search, beam, forbid_unk=forbid_unk)
    if files.source and files.ref:
        return {files.source.name: _of_given(translator, experiment, (files.source, files.ref), files)}
    pairs = _chosen_pairs(run, experiment, set_name)
    baselines = _baselines(run, experiment, pairs, files.baseline) if files.baseline else {}
    if files.baseline:
        _tell_other_search(translator, files.baseline)
    as_configured = beam is None and not forbid_unk and checkpoint == "best" and not ensemble
    results = evaluate_sets(translator, experiment, run if as_configured else None, pairs, say, baselines)
    return {name: result.scores for name, (_, result) in results.items()}


def _of_given(
    translator: Translator, experiment: Experiment, sides: tuple[Path, Path], files: _Files
) -> dict[str, Any]:
    from nmt.commands.output import say
    from nmt.evaluation.config import EvaluationConfig
    from nmt.pipeline.given_set import score_run

    tokenize = files.tokenizer()
    config = EvaluationConfig(bleu_tokenize=tokenize) if tokenize else experiment.evaluation
    if files.baseline and files.baseline.is_dir():
        _tell_other_search(translator, files.baseline)
    return score_run(translator, sides, config, say, files.gold(), files.baseline)


def _tell_other_search(translator: Translator, baseline: Path) -> None:
    """A warning if a run as the baseline searches otherwise, since then more than the models is compared."""
    from nmt.commands.output import say
    from nmt.pipeline.differences import different_search
    from nmt.pipeline.run_folder import RunFolder

    theirs = RunFolder(baseline).experiment().search
    if found := different_search([translator.search, theirs]):
        say(f"warning: --baseline {baseline} translates by another search: {found}")


def _chosen_pairs(run: Path, experiment: Experiment, set_name: str | None) -> dict[str, Pairs]:
    from nmt.errors import UserError
    from nmt.pipeline.stored_set import read_test_pairs

    if not experiment.data.test:
        raise UserError(f"{run}: its config names no test set (data.test)")
    names = list(experiment.data.test) if set_name is None else [set_name]
    return {name: read_test_pairs(run, experiment, name) for name in names}


def _baselines(run: Path, experiment: Experiment, pairs: dict[str, Pairs], other: Path) -> dict[str, Baseline]:
    """The other run's translations of the same sets, made where they are missing."""
    from nmt.commands.output import say
    from nmt.pipeline.scoring import Baseline
    from nmt.pipeline.stored_set import StoredSet, stored_set

    found: dict[str, Baseline] = {}
    for name, lines in pairs.items():
        sources, references = [src for src, _ in lines], [tgt for _, tgt in lines]
        mine = StoredSet(run, name, experiment.evaluation, sources, references, [])
        theirs = stored_set(other, name, say)
        mine.require_comparable(theirs)
        found[name] = Baseline(str(other), theirs.hypotheses)
    return found


def _of_file(what: Path, files: _Files) -> dict[str, Any]:
    """The scores of translations, or of links. Errors: UserError if it is not said of which, or of both."""
    from nmt.errors import UserError
    from nmt.pipeline.given_files import score_translations

    ref, gold_align = files.ref, files.gold_align
    if ref and not gold_align:
        return score_translations(what, ref, files.tokenizer() or "13a", files.source, files.baseline)
    if gold_align and not ref:
        flags = {"--baseline": files.baseline, "--tokenize": files.tokenize, "--source": files.source}
        _refuse(flags, "only for translations; leave it out with --gold-align")
        return _of_links(what, gold_align, files.gold_base)
    how = "either" if ref else "give"
    raise UserError(f"{what}: {how} --ref for a file of translations, --gold-align for links, or a run folder")


def _of_links(links: Path, gold: Path, gold_base: int | None) -> dict[str, Any]:
    from nmt.alignment.aer import score_files
    from nmt.errors import DataError
    from nmt.pipeline.scoring import as_scores

    scores = score_files(links, gold, gold_base=gold_base)
    if scores.sentences == 0:
        raise DataError(f"{links}: file is empty")
    return as_scores(scores)

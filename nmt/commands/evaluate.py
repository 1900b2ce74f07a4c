"""`nmt evaluate`: scores of a run, of a file of translations, or of a file of links."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nmt.commands.options import Beam, CheckpointName, DeviceName, EnsembleRuns, Threads

if TYPE_CHECKING:
    from nmt.config.experiment import Experiment
    from nmt.pipeline.scoring import Baseline

Pairs = list[tuple[str, str]]

EPILOG = """\b
Examples:
  nmt evaluate runs/demo --set-name test
  nmt evaluate output.de --ref test.de --baseline other.de
"""


def evaluate(
    what: Annotated[Path, typer.Argument(help="A run folder, a file of translations, or a file of links.")],
    set_name: Annotated[str | None, typer.Option(help="Test set of the run's config. Default: all of them.")] = None,
    ref: Annotated[Path | None, typer.Option(help="References for a file of translations.")] = None,
    gold_align: Annotated[
        Path | None, typer.Option(help="Gold links (`i-j`, `i?j`) for a file of Pharaoh links: prints AER.")
    ] = None,
    baseline: Annotated[
        Path | None, typer.Option(help="Test the difference from this run, or for a file from this other file.")
    ] = None,
    tokenize: Annotated[
        str | None, typer.Option(help="sacreBLEU's tokenizer for a file: 13a, none, intl, char, zh. Default: 13a.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print all scores as JSON.")] = False,
    beam: Beam = None,
    ensemble: EnsembleRuns = None,
    checkpoint: CheckpointName = "best",
    device: DeviceName = "auto",
    threads: Threads = None,
) -> None:
    """BLEU, chrF and TER with signatures and 95 % intervals, BLEU by length, perplexity, and AER by gold links.

    The run folder keeps translations and scores (eval/) unless --beam, --checkpoint or --ensemble change them.
    """
    from nmt.commands.output import write_report
    from nmt.commands.score_lines import detail_lines, score_lines

    if what.is_dir():
        _refuse(what, {"--ref": ref, "--gold-align": gold_align, "--tokenize": tokenize})
        scores = _of_run(what, set_name, baseline, beam, (checkpoint, device, threads, ensemble or []))
    else:
        translating = {"--ensemble": ensemble, "--beam": beam, "--set-name": set_name}
        _refuse(what, {**translating, "--checkpoint": checkpoint if checkpoint != "best" else None})
        scores = {what.name: _of_file(what, ref, gold_align, baseline, tokenize)}
    lines = [json.dumps(scores, ensure_ascii=False)] if as_json else score_lines(scores) + detail_lines(scores)
    write_report(*lines)


def _refuse(what: Path, flags: dict[str, Any]) -> None:
    """Errors: UserError if one of the flags is given, which belong to a run where `what` is a file, or to a file."""
    from nmt.errors import UserError

    for flag, value in flags.items():
        if not value:
            continue
        if what.is_dir():
            raise UserError(
                f"{what} is a run folder: its config has the test sets and their tokenizer; leave {flag} out"
            )
        raise UserError(f"{flag}: {what} is a file; only runs translate")


def _of_run(
    run: Path,
    set_name: str | None,
    baseline: Path | None,
    beam: int | None,
    loading: tuple[str, str, int | None, list[Path]],
) -> dict[str, dict[str, Any]]:
    from nmt.commands.output import say
    from nmt.pipeline.evaluation import evaluate_sets
    from nmt.pipeline.loading import changed_search, load_translator

    checkpoint, device, threads, ensemble = loading
    translator, experiment = load_translator(run, checkpoint, device, threads, say, ensemble)  # type: ignore[arg-type]
    translator.search = changed_search(experiment.search, beam, None)
    pairs = _chosen_pairs(run, experiment, set_name)
    baselines = _baselines(run, experiment, pairs, baseline) if baseline else {}
    as_configured = beam is None and checkpoint == "best" and not ensemble
    results = evaluate_sets(translator, experiment, run if as_configured else None, pairs, say, baselines)
    return {name: result.scores for name, (_, result) in results.items()}


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


def _of_file(
    what: Path, ref: Path | None, gold_align: Path | None, baseline: Path | None, tokenize: str | None
) -> dict[str, Any]:
    """The scores of translations, or of links. Errors: UserError if it is not said of which, or of both."""
    from nmt.errors import UserError

    if ref and not gold_align:
        return _of_translations(what, ref, baseline, tokenize or "13a")
    if gold_align and not ref:
        for flag, value in (("--baseline", baseline), ("--tokenize", tokenize)):
            if value:
                raise UserError(f"{flag}: only for translations; leave it out with --gold-align")
        return _of_links(what, gold_align)
    how = "either" if ref else "give"
    raise UserError(f"{what}: {how} --ref for a file of translations, --gold-align for links, or a run folder")


def _of_translations(hypotheses: Path, references: Path, baseline: Path | None, tokenize: str) -> dict[str, Any]:
    from nmt.data.pairs import read_pairs
    from nmt.errors import UserError
    from nmt.evaluation.config import BLEU_TOKENIZERS, EvaluationConfig
    from nmt.pipeline.scoring import Baseline, Texts, score_texts

    if tokenize not in BLEU_TOKENIZERS:
        raise UserError(f"--tokenize {tokenize}: must be one of {', '.join(BLEU_TOKENIZERS)}")
    sides = ("translations", "references")
    pairs = read_pairs(hypotheses, references, sides=sides)
    others = [line for line, _ in read_pairs(baseline, references, sides=sides)] if baseline else []
    config = EvaluationConfig(bleu_tokenize=tokenize)  # type: ignore[arg-type]
    texts = Texts([hyp for hyp, _ in pairs], [reference for _, reference in pairs])
    return score_texts(texts, config, Baseline(str(baseline), others) if baseline else None)


def _of_links(links: Path, gold: Path) -> dict[str, Any]:
    from nmt.alignment.aer import score_files
    from nmt.errors import DataError
    from nmt.pipeline.scoring import as_scores

    scores = score_files(links, gold)
    if scores.sentences == 0:
        raise DataError(f"{links}: file is empty")
    return as_scores(scores)

"""`nmt evaluate`: scores of a run, of a file of translations, or of a file of links."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from nmt.commands.options import Beam, CheckpointName, DeviceName, EnsembleRuns, Threads

EPILOG = """\b
Examples:
  nmt evaluate runs/demo --set-name test
  nmt evaluate output.de --ref test.de
"""


def evaluate(
    what: Annotated[Path, typer.Argument(help="A run folder, a file of translations, or a file of links.")],
    set_name: Annotated[str | None, typer.Option(help="Test set of the run's config. Default: all of them.")] = None,
    ref: Annotated[Path | None, typer.Option(help="References for a file of translations.")] = None,
    gold_align: Annotated[
        Path | None, typer.Option(help="Gold links (`i-j`, `i?j`) for a file of Pharaoh links: prints AER.")
    ] = None,
    tokenize: Annotated[str, typer.Option(help="sacreBLEU's tokenizer for a file: 13a, none, intl, char, zh.")] = "13a",
    as_json: Annotated[bool, typer.Option("--json", help="Print all scores as JSON.")] = False,
    beam: Beam = None,
    ensemble: EnsembleRuns = None,
    checkpoint: CheckpointName = "best",
    device: DeviceName = "auto",
    threads: Threads = None,
) -> None:
    """BLEU and chrF with signatures, and AER where gold links are given."""
    from nmt.errors import UserError

    if what.is_dir():
        if ref or gold_align:
            raise UserError(
                f"{what} is a run folder: its test sets stand in its config; leave --ref and --gold-align out"
            )
        scores = _of_run(what, set_name, beam, (checkpoint, device, threads, ensemble or []))
    elif ensemble:
        raise UserError(f"--ensemble: {what} is a file; only runs translate")
    elif ref:
        scores = {what.name: _of_translations(what, ref, tokenize)}
    elif gold_align:
        scores = {what.name: _of_links(what, gold_align)}
    else:
        raise UserError(f"{what}: give --ref for a file of translations, --gold-align for links, or a run folder")
    for line in [json.dumps(scores, ensure_ascii=False)] if as_json else score_lines(scores):
        typer.echo(line)


def _of_run(
    run: Path, set_name: str | None, beam: int | None, loading: tuple[str, str, int | None, list[Path]]
) -> dict[str, dict[str, Any]]:
    from nmt.commands.output import say
    from nmt.config.messages import did_you_mean
    from nmt.data.pairs import read_pairs
    from nmt.errors import UserError
    from nmt.pipeline.evaluation import evaluate_sets
    from nmt.pipeline.loading import changed_search, load_translator

    checkpoint, device, threads, ensemble = loading
    translator, experiment = load_translator(run, checkpoint, device, threads, say, ensemble)  # type: ignore[arg-type]
    translator.search = changed_search(experiment.search, beam, None)
    sets = experiment.data.test
    if set_name is not None and set_name not in sets:
        raise UserError(f"--set-name {set_name}: no such test set in {run}{did_you_mean(set_name, list(sets))}")
    if not sets:
        raise UserError(f"{run}: its config names no test set (data.test)")
    chosen = sets if set_name is None else {set_name: sets[set_name]}
    pairs = {name: read_pairs(files.src, files.tgt) for name, files in chosen.items()}
    results = evaluate_sets(translator, experiment, None if ensemble else run, pairs, say)
    return {name: result.scores for name, (_, result) in results.items()}


def _of_translations(hypotheses: Path, references: Path, tokenize: str) -> dict[str, Any]:
    from nmt.data.pairs import read_pairs
    from nmt.errors import UserError
    from nmt.evaluation.config import BLEU_TOKENIZERS, EvaluationConfig
    from nmt.pipeline.evaluation import score_texts

    if tokenize not in BLEU_TOKENIZERS:
        raise UserError(f"--tokenize {tokenize}: must be one of {', '.join(BLEU_TOKENIZERS)}")
    pairs = read_pairs(hypotheses, references)
    config = EvaluationConfig(bleu_tokenize=tokenize)  # type: ignore[arg-type]
    return score_texts(None, [hyp for hyp, _ in pairs], [reference for _, reference in pairs], config)


def _of_links(links: Path, gold: Path) -> dict[str, Any]:
    from nmt.alignment.aer import score_files
    from nmt.errors import DataError
    from nmt.pipeline.evaluation import as_scores

    scores = score_files(links, gold)
    if scores.sentences == 0:
        raise DataError(f"{links}: file is empty")
    return as_scores(scores)


def score_lines(scores: dict[str, dict[str, Any]]) -> list[str]:
    """The scores of each set for people, one line a score, each with its signature."""
    lines = []
    for name, values in scores.items():
        if "bleu" in values:
            lines.append(f"{name}  BLEU {values['bleu']:.2f}  {values['signature']}")
            lines.append(f"{name}  chrF {values['chrf']:.2f}  {values['chrf_signature']}")
        if "aer" in values:
            precision, recall = values["alignment_precision"], values["alignment_recall"]
            lines.append(
                f"{name}  AER {100 * values['aer']:.2f} %  precision {100 * precision:.2f}  recall {100 * recall:.2f}"
            )
    return lines

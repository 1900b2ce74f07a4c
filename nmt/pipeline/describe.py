"""Facts about a run folder, for `nmt info` and the report."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from nmt.pipeline.run_folder import RunFolder
from nmt.training.checkpoint import load_checkpoint


def describe(run: Path) -> dict[str, Any]:
    """Name to value. Errors: CheckpointError if this is no run folder or its checkpoint is damaged."""
    best, last = load_checkpoint(run, "best"), load_checkpoint(run, "last")
    folder = RunFolder(run)
    experiment = folder.experiment()
    model = experiment.model
    facts: dict[str, Any] = {
        "run": str(run),
        "model": f"{model.encoder.component.name} encoder, {model.decoder.component.name} decoder",
        "languages": f"{experiment.data.src_lang} to {experiment.data.tgt_lang}",
        "parameters": sum(tensor.numel() for tensor in best.weights.values()),
        "tokenizer": experiment.data.tokenizer.component.name,
        "step": last.state.step,
        "epoch": last.state.epoch,
        "minutes": round(last.state.seconds / 60, 1),
        "best checkpoint": best.path.name,
        "finished": folder.done.exists(),
    }
    valid = [line for line in read_metrics(run) if line["split"] == "valid" and line["step"] == best.state.step]
    if valid:
        facts["valid BLEU"] = f"{valid[-1]['bleu']:.2f} {valid[-1]['signature']}"
        facts["valid perplexity"] = round(valid[-1]["ppl"], 2)
    for name, scores in read_scores(run).items():
        facts[f"{name} BLEU"] = f"{scores['bleu']:.2f} {scores['signature']}"
    return facts


def read_metrics(run: Path) -> list[dict[str, Any]]:
    """The whole lines of metrics.jsonl; a line that a kill cut off is left out."""
    path = RunFolder(run).metrics
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n")[:-1]]


def read_scores(run: Path) -> dict[str, dict[str, Any]]:
    """The scores of every evaluated set, by its name."""
    files = sorted(RunFolder(run).evaluations.glob("*.scores.json"))
    return {file.name.removesuffix(".scores.json"): json.loads(file.read_text(encoding="utf-8")) for file in files}

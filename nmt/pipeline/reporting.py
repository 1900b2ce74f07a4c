"""report.html of a run: curves, scores, sample translations, attention."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

from nmt.alignment.record import AlignmentRecord
from nmt.config.dump import dump_config
from nmt.config.experiment import Experiment
from nmt.pipeline.describe import describe, read_metrics, read_scores
from nmt.pipeline.evaluation import Pairs, SetResult
from nmt.pipeline.records import alignment_record
from nmt.pipeline.run_folder import RunFolder
from nmt.report.run_report import RunReport, Sample, write_run_report
from nmt.training.durable import replace_file

SAMPLES = 12
PICTURES = 8


def write_report(run: Path, experiment: Experiment, results: dict[str, tuple[Pairs, SetResult]]) -> Path:
    """Writes `report.html` and returns its path; samples are spread over the first test set."""
    folder = RunFolder(run)
    samples: list[Sample] = []
    pictures: list[AlignmentRecord] = []
    for pairs, result in list(results.values())[:1]:
        spread = range(0, len(pairs), max(1, len(pairs) // SAMPLES))
        samples = [Sample(*pairs[i], result.translations[i].text) for i in list(spread)[:SAMPLES]]
        shown = [i for i in spread if result.translations[i].weights_TS is not None][:PICTURES]
        pictures = [alignment_record(i, result.translations[i], "word") for i in shown]
    facts = describe(run)
    report = RunReport(
        title=f"{run.name}: {facts['model']}",
        summary=[(name, str(value)) for name, value in facts.items() if "BLEU" not in name],
        metrics=read_metrics(run),
        scores=read_scores(run),
        samples=samples,
        alignments=pictures,
        commands=next_commands(run, bool(pictures)),
        config_yaml=dump_config(experiment),
    )
    text = StringIO()
    write_run_report(text, report)
    replace_file(folder.report, text.getvalue().encode("utf-8", "replace"))
    return folder.report


def next_commands(run: Path, attention: bool) -> list[str]:
    """What to type after training."""
    commands = [f"nmt translate {run} < input.txt > output.txt"]
    if attention:
        commands.append(f"nmt align-export {run} --source input.txt --format pharaoh,html -o alignments")
    return [*commands, f"nmt evaluate {run}", f"nmt info {run}"]

"""`nmt train`: a run folder, and the same command again."""

import json
import os
import re
import shutil
import signal

import pytest

from nmt.commands.progress import Screen

WRITTEN = {
    ".lock",
    "config.yaml",
    "env.json",
    "log.txt",
    "metrics.jsonl",
    "data_report.json",
    "report.html",
    "done.json",
    "vocab/src.json",
    "vocab/tgt.json",
    "eval/test.hyp",
    "eval/test.origin.json",
    "eval/test.scores.json",
    "checkpoints/best",
    "checkpoints/last",
}


def start(nmt, tiny, run, *flags):
    return nmt("train", "--config", tiny.config, "--run", run, *flags)


def weights(run):
    done = json.loads((run / "done.json").read_bytes())
    return done["weights_sha256"], done["last_weights_sha256"]


def test_what_is_written(tiny, tree):
    files = set(tree(tiny.run))
    checkpoints = {name for name in files if name.startswith("checkpoints/step-")}
    assert files - checkpoints == WRITTEN
    folders = {name.split("/")[1] for name in checkpoints}
    assert folders == {"step-00000040", "step-00000060"}
    assert len(checkpoints) == 4 * len(folders)
    assert not any(".tmp" in name for name in files)


def test_what_is_said(nmt, tiny, tmp_path):
    result = start(nmt, tiny, tmp_path / "run", "--set", "train.max_steps=2")
    assert result.code == 0
    said = result.err.split("\n")
    assert said[:2] == [
        "reading the corpus and learning the vocabularies",
        "en to de: 200 training pairs, 120 + 120 word entries",
    ]
    assert re.fullmatch(r"rnn encoder, bahdanau decoder, 1\d,\d\d\d parameters, on (cpu|cuda), fp32", said[2])
    assert said[3] == f"writing to {tmp_path / 'run'}"
    assert re.fullmatch(
        r"validation at step 2: loss \d\.\d{3}  perplexity \d+\.\d\d  BLEU \d\.\d\d  best so far", said[4]
    )
    assert said[5:] == [
        "translating test set test: 8 sentences, beam 2",
        f"next: nmt translate {tmp_path / 'run'} < input.txt > output.txt",
        "",
    ]
    assert [line.split()[:2] for line in result.lines[:5]] == [
        ["test", name] for name in ("BLEU", "chrF", "TER", "AER", "perplexity")
    ]
    assert result.lines[5:] == [f"report: {tmp_path / 'run/report.html'}"]
    assert (tmp_path / "run/log.txt").read_text(encoding="utf-8").split("\n") == said[4:]


def test_fine_tuning_starts_from_another_run(nmt, tiny, tmp_path):
    run = tmp_path / "run"
    begin = (f"train.init_from={tiny.run}", "train.objective={type: minimum_risk, samples: 2}", "train.max_steps=1")
    flags = [part for setting in (*begin, "train.optimizer.lr=1e-9") for part in ("--set", setting)]
    assert start(nmt, tiny, run, *flags).code == 0
    losses = []
    for folder in (tiny.run, run):
        lines = map(json.loads, (folder / "metrics.jsonl").read_bytes().split(b"\n")[:-1])
        losses.append({line["step"]: line["loss"] for line in lines if "bleu" in line})
    best = int(os.readlink(tiny.run / "checkpoints" / "best").removeprefix("step-"))
    assert losses[1][1] == pytest.approx(losses[0][best], rel=1e-5)
    for name in ("src.json", "tgt.json"):
        assert (run / "vocab" / name).read_bytes() == (tiny.run / "vocab" / name).read_bytes()


def test_fine_tuning_of_another_model_is_refused(nmt, tiny, tmp_path):
    begin = "--set", f"train.init_from={tiny.run}"
    other = start(nmt, tiny, tmp_path / "run", *begin, "--set", "model.embedding.dim=8")
    assert other.code == 2 and re.fullmatch(
        r"nmt: error: (.*: )?step-\d+: the weights do not fit the model: .*\n", last(other)
    )
    for folder, problem in ((tmp_path, "no checkpoint here"), (tiny.folder, "is a folder of runs; give one of them")):
        wrong = start(nmt, tiny, tmp_path / "run", "--set", f"train.init_from={folder}")
        assert wrong.code == 2 and re.match(f"nmt: error: {folder}:? {problem}", last(wrong))
    assert not (tmp_path / "run").exists()


def last(result):
    return result.err.split("\n")[-2] + "\n"


def test_quiet(nmt, tiny, tmp_path):
    result = start(nmt, tiny, tmp_path / "run", "--set", "train.max_steps=1", "--quiet")
    assert (result.code, result.err) == (0, "")
    assert [line.split(" ")[0] for line in result.lines] == ["test"] * 5 + ["report:"]


def test_dry_run_writes_nothing(nmt, tiny, tmp_path):
    result = start(nmt, tiny, tmp_path / "run", "--dry-run")
    assert (result.code, result.out) == (0, b"")
    assert "200 training pairs" in result.err
    assert list(tmp_path.iterdir()) == []


def test_finished_run_is_left_alone(nmt, tiny, tree):
    before = tree(tiny.run)
    result = start(nmt, tiny, tiny.run)
    assert (result.code, result.out) == (0, b"")
    assert re.fullmatch(
        f"{tiny.run}: already finished at step 60 .*; translate with it, or start anew .*\n", result.err
    )
    assert tree(tiny.run) == before


def test_finished_run_without_checkpoints(nmt, tiny, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(tiny.run, run, symlinks=True)
    shutil.rmtree(run / "checkpoints")
    problem = (
        "finished, but its checkpoints are gone (checkpoints/step-*/); put them back, or train anew with --overwrite"
    )
    assert start(nmt, tiny, run) == (2, b"", f"nmt: error: {run}: {problem}\n")
    assert start(nmt, tiny, run, "--overwrite", "--set", "train.max_steps=1").code == 0


def test_seeds(nmt, tiny, tmp_path, monkeypatch):
    """A run for each seed, as if trained alone; stopped in the second one and continued."""
    short = ("--set", "train.max_steps=8", "--set", "data.test.test.align=null")
    group, flags = tmp_path / "group", ("--seeds", "1,7", *short)
    assert start(nmt, tiny, tmp_path / "alone", *short, "--set", "seed=7").code == 0

    def on_step(self, step, *rest):
        if step == 5 and (group / "seed-7/metrics.jsonl").exists():
            os.kill(os.getpid(), signal.SIGTERM)

    with monkeypatch.context() as patched:
        patched.setattr(Screen, "on_step", on_step)
        stopped = start(nmt, tiny, group, *flags, "-q")
    assert stopped.code == 143
    assert (group / "seed-1/done.json").exists() and not (group / "seed-7/done.json").exists()

    result = start(nmt, tiny, group, *flags)
    assert result.code == 0
    said = result.err.split("\n")
    assert said[0].startswith(f"{group / 'seed-1'}: already finished at step ") and "continuing at step 5" in said
    assert weights(group / "seed-7") == weights(tmp_path / "alone") != weights(group / "seed-1")
    scores = [json.loads((group / f"seed-{n}/eval/test.scores.json").read_bytes()) for n in (1, 7)]
    best = [json.loads((group / f"seed-{n}/done.json").read_bytes())["best"] for n in (1, 7)]
    expected = [("valid", "BLEU", best)]
    expected += [
        ("test", title, [one[key] for one in scores])
        for key, title in (("bleu", "BLEU"), ("chrf", "chrF"), ("ter", "TER"), ("perplexity", "perplexity"))
    ]
    assert result.lines[-5:] == [
        f"{name}  {title} {sum(values) / 2:.2f}  mean of 2 seeds, deviation {abs(values[0] - values[1]) / 2**0.5:.2f}"
        for name, title, values in expected
    ]
    assert nmt("translate", group).err == (
        f"nmt: error: {group} is a folder of runs; give one of them: {group / 'seed-1'}, {group / 'seed-7'}\n"
    )
    compared = nmt("compare", group, group / "seed-7")
    assert compared.code == 0
    assert compared.lines[4].startswith("| group  |     2 |")

    assert start(nmt, tiny, group).err == (
        f"nmt: error: {group} holds runs of several seeds; give --seeds, or another folder with --run\n"
    )
    assert start(nmt, tiny, group, "--seeds", "1,7", "--set", "seed=3").err == (
        "nmt: error: give --seeds or --set seed, not both\n"
    )


def test_seeds_of_a_single_run(nmt, tiny):
    assert start(nmt, tiny, tiny.run, "--seeds", "1,2").err == (
        f"nmt: error: {tiny.run} is a single run, no folder for seeds; choose another with --run\n"
    )


def test_the_config_of_a_run_trains_the_same(nmt, tiny, tmp_path):
    assert nmt("train", "--config", tiny.run / "config.yaml", "--run", tmp_path / "run").code == 0
    assert weights(tmp_path / "run") == weights(tiny.run)
    for name in ("eval/test.hyp", "eval/test.scores.json", "config.yaml", "vocab/src.json", "data_report.json"):
        assert (tmp_path / "run" / name).read_bytes() == (tiny.run / name).read_bytes()


def test_stopped_after_overwrite(nmt, tiny, tmp_path, monkeypatch):
    """The same command would begin anew, so it is not what continues."""
    with monkeypatch.context() as patched:
        patched.setattr(Screen, "on_step", lambda *a: signal.raise_signal(signal.SIGTERM))
        stopped = start(nmt, tiny, tmp_path / "run", "--overwrite")
    assert stopped.code == 143
    assert stopped.err.endswith("\nnmt: error: stopped at step 1; the same command without --overwrite continues\n")


def test_cut_off_while_the_test_sets_are_translated(nmt, tiny, tmp_path, monkeypatch):
    class Crash(BaseException):
        pass

    def crash(*arguments):
        raise Crash

    with monkeypatch.context() as patched:
        patched.setattr("nmt.pipeline.training.evaluate_sets", crash)
        with pytest.raises(Crash):
            start(nmt, tiny, tmp_path / "run")
    assert (tmp_path / "run/done.json").exists()
    result = start(nmt, tiny, tmp_path / "run")
    assert result.code == 0
    assert "\ncontinuing at step 60\n" in result.err
    assert [line.split()[0] for line in result.lines] == ["test"] * 5 + ["report:"]
    assert weights(tmp_path / "run") == weights(tiny.run)


def test_killed_before_the_config_was_written(nmt, tiny, tmp_path, monkeypatch):
    def crash(*arguments):
        raise OSError(28, "No space left on device", str(tmp_path / "run/config.yaml"))

    with monkeypatch.context() as patched:
        patched.setattr("nmt.pipeline.run_folder.dump_config", crash)
        failed = start(nmt, tiny, tmp_path / "run")
    assert failed.code == 1
    assert failed.err.endswith(f"\nnmt: error: {tmp_path / 'run/config.yaml'}: No space left on device\n")
    assert start(nmt, tiny, tmp_path / "run").code == 0
    assert weights(tmp_path / "run") == weights(tiny.run)


def test_overwrite_starts_anew(nmt, tiny, tmp_path, tree):
    run = tmp_path / "run"
    shutil.copytree(tiny.run, run, symlinks=True)
    (run / "notes.txt").write_bytes(b"mine")
    (run / "tensorboard").mkdir()
    (run / "tensorboard/events.out.tfevents.1").write_bytes(b"curves of before")
    result = start(nmt, tiny, run, "--set", "train.max_steps=3", "--set", "data.test={}", "--overwrite")
    assert result.code == 0
    assert "continuing" not in result.err
    names = {name for name in tree(run) if not name.startswith("checkpoints/step-")}
    assert names == {*WRITTEN, "notes.txt"} - {"eval/test.hyp", "eval/test.origin.json", "eval/test.scores.json"}
    assert json.loads((run / "done.json").read_bytes())["step"] == 3
    assert [path.name for path in (run / "checkpoints").glob("step-*")] == ["step-00000003"]


def test_overwrite_keeps_a_run_while_the_input_is_wrong(nmt, tiny, tmp_path, tree):
    shutil.copytree(tiny.run, tmp_path / "run", symlinks=True)
    before = tree(tmp_path)
    result = start(nmt, tiny, tmp_path / "run", "--overwrite", "--set", f"data.train.src={tiny.text('dev.en')}")
    assert result.code == 2
    assert tree(tmp_path) == before


def test_changed_training_text_is_not_continued(nmt, tiny, tmp_path, monkeypatch):
    shutil.copytree(tiny.folder / "text", tmp_path / "text")
    shutil.copy(tiny.config, tmp_path)
    command = ("train", "--config", tmp_path / "tiny.yaml", "--run", tmp_path / "run", "--set", "train.max_steps=2")
    assert nmt(*command).code == 0
    (tmp_path / "run/report.html").unlink()
    corpus = tmp_path / "text/train.en"
    corpus.write_bytes(corpus.read_bytes().replace(b"The", b"A", 1))
    before = contents(tmp_path / "run")
    result = nmt(*command)
    assert (result.code, result.out) == (2, b"")
    error = rf"nmt: error: {corpus} changed since the run started \(was (\w{{12}}), is (?!\1)\w{{12}}\); "
    assert re.fullmatch(error + "start a new run or pass --allow-changed-data", result.err.split("\n")[-2])
    assert "Traceback" not in result.err
    assert contents(tmp_path / "run") == before

    allowed = nmt(*command, "--allow-changed-data")
    assert allowed.code == 0, allowed.err
    assert re.search(f"^warning: {corpus} changed since .*; training goes on with it as it is now$", allowed.err, re.M)
    assert "continuing at step 2" in allowed.err
    assert (tmp_path / "run/report.html").exists()


def contents(folder):
    """Every file but the log and the lock, which tell of each start."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.name not in ("log.txt", "lock"))
    return {path: path.read_bytes() for path in files}


def test_one_sided_empty_lines_are_skipped_and_counted(nmt, tiny, tmp_path):
    lines = tiny.text("train.en").read_bytes().split(b"\n")
    lines[4] = lines[9] = lines[14] = b" "
    (tmp_path / "train.en").write_bytes(b"\n".join(lines))
    result = start(
        *(nmt, tiny, tmp_path / "run", "--set", f"data.train.src={tmp_path / 'train.en'}"),
        *("--set", "train.max_steps=1"),
    )
    assert result.code == 0
    assert "en to de: 197 training pairs" in result.err
    warning = f"warning: {tmp_path / 'train.en'}: 3 of 200 pairs skipped (1.5%): empty_src 3"
    assert warning in result.err.split("\n")
    report = json.loads((tmp_path / "run/data_report.json").read_bytes())
    assert report["train"]["skipped"]["empty_src"] == {"count": 3, "numbers": [5, 10, 15]}


def test_test_pairs_in_the_training_text_are_said(nmt, tiny, tmp_path):
    flags = [f"--set=data.test.test.{side}={tiny.text('train')}.{end}" for side, end in (("src", "en"), ("tgt", "de"))]
    result = start(nmt, tiny, tmp_path / "run", *flags, "--set", "data.test.test.align=null", "--dry-run")
    assert result.code == 0
    assert "warning: 200 of 200 pairs of test.test are in the training data (100.0%)" in result.err.split("\n")


def test_the_log_cannot_be_written(tmp_path, capsys):
    with Screen() as screen:
        screen.log = tmp_path / "none/log.txt"
        screen.on_message("one")
        screen.on_message("two \x1b[31m[/b]")
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.split("\n") == [
        f"warning: {tmp_path / 'none/log.txt'}: No such file or directory; no more lines are kept there",
        "one",
        "two \\u001b[31m[/b]",
        "",
    ]

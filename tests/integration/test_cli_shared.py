"""`--nproc` of translate, align-export and score: the bytes of one process, whatever the number of processes."""

import json
import os
import signal
from pickle import dumps, loads

import pytest

from nmt.parallel.workers import Workers
from nmt.pipeline import sharing


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    monkeypatch.setattr(sharing, "BLOCK_LINES", 64)


def test_translations_and_draws_are_those_of_one_process(nmt, tiny, tmp_path):
    text, prefixes = tiny.text("train.en"), tmp_path / "prefixes"
    prefixes.write_bytes(b"".join(b"Die\n" if line % 3 == 0 else b"\n" for line in range(200)))
    command = ["translate", tiny.run, "-i", text, "--prefix-file", prefixes, "--sample", "--nbest", 2]
    found = []
    for number in (1, 2):
        links = tmp_path / f"{number}.links"
        result = nmt(*command, "--align", f"pharaoh={links}", "--nproc", number)
        assert (result.code, result.err) == (0, "")
        texts, scores = zip(*(line.rsplit(" ||| ", 1) for line in result.lines), strict=True)
        assert [int(text.split(" ")[0]) for text in texts] == [line // 2 for line in range(400)]
        found.append((texts, [float(score) for score in scores], links.read_bytes()))
    (texts, scores, links), shared = found
    assert shared == (texts, pytest.approx(scores, abs=1e-4), links)


class Here:
    """Stands for processes: what goes to them and comes from them is pickled."""

    def __init__(self, size, make):
        self.answer = loads(dumps(make))()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass

    def answers(self, blocks):
        return (loads(dumps(self.answer(loads(dumps(block))))) for block in blocks)


def test_alignments_are_those_of_one_process(nmt, tiny, tmp_path, monkeypatch):
    monkeypatch.setattr(sharing, "Workers", Here)
    given = ["--source", tiny.text("train.en"), "--target", tiny.text("train.de")]
    for number in (1, 2):
        out = tmp_path / str(number)
        result = nmt("align-export", tiny.run, *given, "--format", "pharaoh,jsonl", "-o", out, "--nproc", number)
        assert (result.code, result.out, result.err) == (0, b"", f"wrote {out}.pharaoh, {out}.jsonl\n")
    assert (tmp_path / "1.pharaoh").read_bytes() == (tmp_path / "2.pharaoh").read_bytes()
    ids = [json.loads(line)["id"] for line in (tmp_path / "2.jsonl").read_bytes().split(b"\n")[:-1]]
    assert ids == list(range(200))


def test_scores_are_those_of_one_process(nmt, tiny, monkeypatch):
    monkeypatch.setattr(sharing, "Workers", Here)
    sides = ["--source", tiny.text("train.en"), "--target", tiny.text("train.de")]
    one, two = ([float(line) for line in nmt("score", tiny.run, *sides, "--nproc", n).lines] for n in (1, 2))
    assert len(one) == 200
    assert two == pytest.approx(one, abs=1e-4)


def test_wrong_input_is_found_before_a_process_starts(nmt, tiny, tmp_path, monkeypatch):
    monkeypatch.setattr("nmt.parallel.workers.Workers.__init__", pytest.fail)
    missing = nmt("translate", tmp_path, "--nproc", 2, stdin=b"a\n")
    assert (missing.code, missing.out) == (2, b"")
    none = tmp_path / "no.tsv"
    for flags in (["--nbest", 5, "--beam", 2], ["--lexicon", none], ["--shortlist", none]):
        assert nmt("translate", tiny.run, "--nproc", 2, *flags, stdin=b"a\n").code == 2


def test_a_killed_process_is_one_line_and_leaves_nothing_half_written(nmt, tiny, tmp_path, monkeypatch):
    start, processes = Workers._start, []

    def start_and_kill(workers):
        start(workers)
        processes.extend(workers._processes.values())
        os.kill(processes[1].pid, signal.SIGKILL)

    monkeypatch.setattr(Workers, "_start", start_and_kill)
    result = nmt("align-export", tiny.run, "--source", tiny.text("train.en"), "--nproc", 2, "-o", tmp_path / "out")
    assert (result.code, result.out) == (1, b"")
    assert result.err == "nmt: error: process 2 of 2 was killed (SIGKILL); not all was done\n"
    assert list(tmp_path.iterdir()) == []
    assert not any(process.is_alive() for process in processes)

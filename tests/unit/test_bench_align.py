"""The benchmark of aligners: memory is that of the process and of those it waits for, lines are the first ones."""

import gzip
import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[2] / "scripts"


@pytest.fixture(scope="module")
def bench():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(SCRIPTS))
        spec = importlib.util.spec_from_file_location("bench_align", SCRIPTS / "bench_align.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        yield module


def test_memory_of_a_process_and_of_those_below_it():
    """In a process of its own, because what is measured begins as a copy of the process that measures."""
    hold = "b = bytearray(200_000_000)"
    below = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {hold!r}], check=True)"
    measure = "import sys; from bench_align import measure; print(measure([sys.executable, '-c', sys.argv[1]], 1)[1])"
    small, own, others = (
        float(
            subprocess.run([sys.executable, "-c", measure, code], cwd=SCRIPTS, check=True, capture_output=True).stdout
        )
        for code in ("", hold, below)
    )
    assert small < 200
    assert 200 < own < 230
    assert 200 < others < 230


def test_a_process_that_fails(bench):
    with pytest.raises(subprocess.CalledProcessError):
        bench.measure([sys.executable, "-c", "raise SystemExit(3)"], 1)


def test_the_first_pairs(bench, tmp_path):
    (tmp_path / "a").write_bytes(gzip.compress(b"a b\nc\nd\n"))
    (tmp_path / "b").write_bytes(b"x\ny z\nw\n")
    (tmp_path / "c").write_bytes(b"x\n")
    assert bench.first_pairs([tmp_path / "a", tmp_path / "b"], 2, tmp_path) == 2
    assert ((tmp_path / "src").read_bytes(), (tmp_path / "tgt").read_bytes()) == (b"a b\nc\n", b"x\ny z\n")
    with pytest.raises(SystemExit, match="have 2 and 1 lines"):
        bench.first_pairs([tmp_path / "a", tmp_path / "c"], 2, tmp_path)

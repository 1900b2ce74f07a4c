"""Translates a million lines, kills the process in the middle and lets the same command go on.

usage: python tests/load/translate.py RUN --source TEXT [--lines 1000000]

The lines of TEXT come again and again, in periods of whole blocks of lines that are read at once, so each period must
be translated as the first one: in order, none lost, none twice, whatever the kill hit. Failures are also any exit code
but 0, and memory that grows after the first tenth.
"""

import argparse
import gzip
import signal
import subprocess
import sys
import tempfile
import time
from itertools import cycle, islice
from pathlib import Path

from memory import memory

GROWTH = 1.1
"""How much more memory than after the first tenth is too much."""

POLL = 0.2


class Load:
    """A translation of `lines` lines into a file; `failures` has a line for each thing that was not as it should be."""

    def __init__(self, run: Path, source: Path, lines: int, flags: "list[str]") -> None:
        self.source, self.output, self.lines = source, source.with_name("output"), lines
        arguments = [str(run), "--input", str(source), "--resume-output", str(self.output), *flags]
        self._command = [sys.executable, "-m", "nmt", "translate", *arguments]
        self.failures = []
        self._told = self._place = self._count = 0

    def translate(self, kill_at: "int | None") -> None:
        """Starts the command; at line `kill_at` of the output it is killed."""
        begin, before = time.monotonic(), self._written()
        process, early = subprocess.Popen(self._command), None
        while process.poll() is None:
            time.sleep(POLL)
            done, used = self._written(), memory(process.pid)
            if kill_at is not None and done >= kill_at:
                process.send_signal(signal.SIGKILL)
                print(f"killed after line {done}", flush=True)
                process.wait()
                return
            if used and done - before >= self.lines / 10:
                early = early or used[1]
                if used[1] > early * GROWTH:
                    self.failures.append(f"memory grew from {early:.0f} to {used[1]:.0f} MB")
                    process.kill()
            if done > before:
                self._tell(done, used, (done - before) / (time.monotonic() - begin))
        if process.wait() != 0:
            self.failures.append(f"exit code {process.returncode}")

    def compare(self, period: int) -> None:
        """Every line of the output must be that of the period before."""
        with open(self.output, "rb") as first, open(self.output, "rb") as later:
            for _ in islice(later, period):
                pass
            same = [line == first.readline() for line in later]
        if len(same) + period != self.lines:
            self.failures.append(f"{len(same) + period} lines for {self.lines}")
        if not all(same):
            self.failures.append(f"{same.count(False)} lines are others than a period before")

    def _written(self) -> int:
        """Lines in the output; what was counted once is not read again."""
        if not self.output.exists():
            return 0
        with open(self.output, "rb") as file:
            file.seek(self._place)
            while chunk := file.read(1 << 20):
                self._count += chunk.count(b"\n")
            self._place = file.tell()
        return self._count

    def _tell(self, done: int, used: "tuple[float, float] | None", speed: float) -> None:
        if used and done * 10 // self.lines > self._told:
            self._told = done * 10 // self.lines
            now, peak = used
            print(f"{self._told * 10} %: {now:.0f} MB, at most {peak:.0f} MB, {speed:.0f} lines/s", flush=True)


def lines_of(path: Path) -> "list[bytes]":
    """The lines of a text, plain or packed."""
    with gzip.open(path) if path.suffix == ".gz" else open(path, "rb") as file:
        return list(file)


def block_of(run: Path) -> int:
    """How many lines are read at once with the settings of the run."""
    from nmt.pipeline.run_folder import RunFolder
    from nmt.search.batch_limits import block_lines

    return block_lines(RunFolder(run).experiment().search)


def main() -> int:
    """The command line. Exit code 1 if something failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("--source", type=Path, required=True)
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--flags", default="--beam 1", help="further flags of nmt translate")
    given = parser.parse_args()
    text, block = lines_of(given.source), block_of(given.run)
    period = min(len(text), max(block, given.lines // 4)) // block * block
    with tempfile.TemporaryDirectory(prefix="nmt-load-") as folder:
        source = Path(folder, "source")
        with open(source, "wb") as file:
            file.writelines(islice(cycle(text[:period]), given.lines))
        load = Load(given.run, source, given.lines, given.flags.split())
        begin = time.monotonic()
        load.translate(kill_at=given.lines // 2)
        load.translate(kill_at=None)
        load.compare(period)
    print(
        f"{given.lines} lines in {time.monotonic() - begin:.0f} s, a kill in the middle; {len(load.failures)} failures"
    )
    print(*load.failures, sep="\n")
    return 1 if load.failures else 0


if __name__ == "__main__":
    sys.exit(main())

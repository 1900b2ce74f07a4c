"""Trains the demo for two hours and looks whether its memory grows.

usage: python tests/load/soak.py [--minutes 120] [--config my.yaml]

The memory of the last quarter must be that of the second one. Validations and checkpoints are made as often as in a
training of some minutes.
"""

import argparse
import subprocess
import sys
import tempfile
import time

from memory import memory

GROWTH = 1.03
"""How much more memory than in the second quarter is too much."""

CHANGES = ("train.max_epochs=null", "train.schedule={type: constant}", "train.validate_every=200", "data.test={}")


def sampled(command: "list[str]", every: float) -> "tuple[int, list[float]]":
    """Exit code of a command and its memory in megabytes at regular times."""
    process, used = subprocess.Popen(command), []
    while process.poll() is None:
        time.sleep(every)
        now = memory(process.pid)
        used += [now[0]] if now else []
        if len(used) % 60 == 0 and now:
            print(f"after {len(used) * every / 60:.0f} min: {now[0]:.0f} MB, at most {now[1]:.0f} MB", flush=True)
    return process.wait(), used


def main() -> int:
    """The command line. Exit code 1 if memory grew or training failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=120)
    parser.add_argument("--config", help="default: the embedded demo")
    given = parser.parse_args()
    changes = [f"--set={change}" for change in (f"train.max_minutes={given.minutes}", *CHANGES)]
    config = [f"--config={given.config}"] if given.config else []
    with tempfile.TemporaryDirectory(prefix="nmt-soak-") as folder:
        command = [sys.executable, "-m", "nmt", "train", "--quiet", f"--run={folder}/run", *config, *changes]
        code, used = sampled(command, every=given.minutes * 60 / 1440)
    quarters = [used[len(used) * quarter // 4 : len(used) * (quarter + 1) // 4] for quarter in range(4)]
    means = [sum(quarter) / max(1, len(quarter)) for quarter in quarters]
    print(f"exit code {code}; memory by quarters: {', '.join(f'{mean:.0f} MB' for mean in means)}")
    return 1 if code != 0 or means[3] > means[1] * GROWTH else 0


if __name__ == "__main__":
    sys.exit(main())

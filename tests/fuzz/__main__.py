"""`python -m tests.fuzz TARGET SECONDS`: fuzz for so long, guided by coverage where atheris is installed.

Without atheris, hypothesis tries other changed files, not guided. A finding is a traceback, and exit code 1 or more;
atheris writes the input into the current folder as `crash-*`.
"""

import sys
import time
from itertools import count

import hypothesis

from tests.fuzz.mutation import mutated

EXAMPLES = 500


def guided(name: str, seconds: int) -> None:
    """Ends the process."""
    import tempfile
    from pathlib import Path

    import atheris

    with atheris.instrument_imports(include=["nmt", "yaml", "json"]):
        from tests.fuzz.targets import TARGETS
    target = TARGETS[name]
    with tempfile.TemporaryDirectory(prefix="nmt-seeds-") as folder:
        for number, seed in enumerate(target.seeds):
            Path(folder, str(number)).write_bytes(seed)
        limits = [f"-max_total_time={seconds}", "-max_len=20000", "-rss_limit_mb=4096"]
        flags = [*limits, "-keep_seed=1", "-print_final_stats=1"]  # a seed of another format may take the same branches
        atheris.Setup([sys.argv[0], *flags, folder], target.read)
        atheris.Fuzz()


def unguided(name: str, seconds: int) -> None:
    """Rounds of examples, each with another seed, until the time is over."""
    from tests.fuzz.targets import TARGETS

    target, begin = TARGETS[name], time.monotonic()
    for number in count():
        if time.monotonic() - begin >= seconds:
            print(f"{name}: {number * EXAMPLES} inputs tried by hypothesis (atheris is not installed)")
            return
        chosen = hypothesis.settings(deadline=None, max_examples=EXAMPLES, database=None, derandomize=False)
        hypothesis.seed(number)(chosen(hypothesis.given(mutated(target.seeds))(target.read)))()


def main() -> None:
    name, seconds = sys.argv[1], int(sys.argv[2])
    try:
        import atheris  # noqa: F401
    except ImportError:
        unguided(name, seconds)
    else:
        guided(name, seconds)


main()

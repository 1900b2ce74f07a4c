"""Scores random files a thousand times with `nmt evaluate`: scores, or one line that says what is wrong.

usage: python tests/load/evaluate.py [--runs 1000] [--seed 1]
"""

import argparse
import contextlib
import io
import json
import os
import random
import sys
import tempfile
from collections import Counter
from pathlib import Path

from nmt.cli import main as nmt

WORDS = [
    *(
        "the",
        "man",
        "sleeps",
        ".",
        "Ich",
        "schlafe",
        "ß",
        "漢字",
        "😀",
        "e\u0301",
        "\u202e",
        "\u2028",
        "\x85",
        "\0",
        "\r",
        "\t",
    ),
    *(
        "|||",
        "<s>",
        "</s>",
        "&lt;",
        "1,000",
        "0-0",
        "1?1",
        "",
        " ",
        "\u00a0",
        "\ufeff",
        "\x1b[31m",
        "a" * 300,
        "-",
        "'",
        '"',
    ),
]
BYTES = [b"\xff", b"\xed\xa0\x80", b"\xc3", b"\x1f\x8b\x08", b"PK\x03\x04", b"\xff\xfe", b"\n\n", b"\0\0\0"]
TOKENIZERS = ["13a", "none", "intl", "char", "zh", "moses", ""]


def text(rng: random.Random, lines: int) -> bytes:
    """Lines of random words, some of them with bytes that are no text."""
    rows = [" ".join(rng.choices(WORDS, k=rng.choice((0, 1, 3, 8, 30)))) for _ in range(lines)]
    data = "\n".join(rows).encode() + b"\n" * (rng.random() < 0.9)
    if rng.random() < 0.07:
        place = rng.randint(0, len(data))
        data = data[:place] + rng.choice(BYTES) + data[place:]
    return data if rng.random() > 0.03 else b""


def links(rng: random.Random, lines: int) -> bytes:
    """Lines of links, few of them wrong."""
    kinds = ["{}-{}"] * 30 + ["{}?{}", "{}p{}", "{}:{}", "{}", "-{}-{}", "{}-", "x"]
    rows = []
    for _ in range(lines):
        drawn = (rng.choice(kinds).format(rng.randint(0, 9), rng.randint(0, 9)) for _ in range(rng.randint(0, 6)))
        rows.append(" ".join(drawn))
    return "\n".join(rows).encode() + b"\n"


def command(rng: random.Random, folder: Path) -> "list[str]":
    """Writes files and gives arguments that name them."""
    make = rng.choice((text, text, text, links))
    lines = rng.choice((1, 2, 3, 9, 40))
    for name in ("what", "other", "base"):
        (folder / name).write_bytes(make(rng, lines if rng.random() < 0.9 else lines + 1))
    flags = [
        "--gold-align" if make is links else "--ref",
        str(folder / rng.choice(["other"] * 9 + ["what", "none", ""])),
    ]
    if rng.random() < 0.3:
        flags += ["--tokenize", rng.choice(TOKENIZERS)]
    if rng.random() < 0.3:
        flags += ["--baseline", str(folder / "base")]
    if rng.random() < 0.3:
        flags.append("--json")
    return ["evaluate", str(folder / "what"), *flags]


def call(arguments: "list[str]") -> "tuple[int, str, str]":
    """Exit code, stdout and stderr of `nmt ARGUMENTS`, in this process."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    sys.argv, code = ["nmt", *arguments], 0
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            nmt()
    except SystemExit as end:
        code = end.code or 0
    return code, *(stream.buffer.getvalue().decode("utf-8") for stream in (out, err))


def problem(arguments: "list[str]", code: int, out: str, err: str) -> "str | None":
    """What is wrong with an answer; None if it is scores, or exit code 2 with a line that says why."""
    if code == 0:
        if err or not out:
            return f"said {err!r}"
        return None if "--json" not in arguments or json.loads(out) else "no scores"
    lines = err.split("\n")[:-1]
    refused = code == 2 and not out and len(lines) == 1 and lines[0].startswith("nmt: error: ")
    return None if refused and lines[0].isprintable() else f"exit code {code}: {err[-300:]!r}"


def campaign(runs: int, seed: int, folder: Path) -> "tuple[Counter, list[str]]":
    """How many runs ended with which exit code, and the failures."""
    codes, failures = Counter(), []
    for number in range(runs):
        arguments = command(random.Random(f"{seed} {number}"), folder)
        code, out, err = call(arguments)
        codes[code] += 1
        wrong = problem(arguments, code, out, err)
        failures += [f"run {number} of seed {seed}: {' '.join(arguments)}: {wrong}"] if wrong else []
    return codes, failures


def main() -> int:
    """The command line. Exit code 1 if something failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    os.environ.pop("NMT_DEBUG", None)
    with tempfile.TemporaryDirectory(prefix="nmt-load-") as folder:
        codes, failures = campaign(given.runs, given.seed, Path(folder))
    print(f"{given.runs} runs of nmt evaluate: {codes[0]} scored, {codes[2]} refused; {len(failures)} failures")
    print(*failures, sep="\n")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

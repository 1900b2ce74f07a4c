"""Writes docs/papers.md, the table of the presets in configs/papers/, from what stands at the head of each of them."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "papers.md"
PRESETS = sorted((ROOT / "configs" / "papers").glob("*.yaml"))

START = """\
# Models of the papers

A config for each row of the papers' tables. Put your own files in place of the paths under `data`, or lay the papers'
corpora out as named there below the folder `$NMT_DATA`; `nmt train --dry-run` says what is missing. The head of each
file says how the score was measured, what the paper leaves open and was chosen, and what differs from the paper;
[equations.md](equations.md) has the rest. None of them was trained here; what was is in [results.md](results.md).
The last row of Luong's table 1, an ensemble of 8 models of various settings (BLEU 23.0), is no config but a command:
`nmt evaluate RUN --ensemble RUN2 --ensemble RUN3 ...`.
This page is written by [scripts/make_papers.py](../scripts/make_papers.py).

| preset | paper, row | published | command | status |
|---|---|---|---|---|
"""


def head(preset: Path) -> dict[str, str]:
    """The fields at the head of a preset by name (`Paper`, `Row`, `Published`, ...), and its `Command`.

    A field is `# Name: text`; lines that are indented by three spaces continue it.
    """
    fields: dict[str, str] = {}
    name = ""
    for line in preset.read_text(encoding="utf-8").split("\n"):
        if not line.startswith("#"):
            break
        field = re.fullmatch(r"# ([A-Z][a-z]+): (.+)", line)
        if field:
            name = field[1]
            fields[name] = field[2]
        elif re.match(r"#   NMT_DATA=\S+ nmt train ", line):
            fields["Command"] = line.split(" ", maxsplit=4)[-1]
        elif line.startswith("#   "):
            fields[name] += f" {line[4:]}"
    return fields


def page(presets: list[Path]) -> str:
    """The page with one row for each preset."""
    rows = []
    heads = {preset: head(preset) for preset in presets}
    for preset, fields in sorted(heads.items(), key=lambda item: (item[1]["Paper"], item[1]["Row"])):
        paper = fields["Paper"].partition(",")[0]
        link = f"[{preset.stem}](../configs/papers/{preset.name})"
        cells = link, f"{paper}, {fields['Row']}", fields["Published"], f"`{fields['Command']}`", fields["Status"]
        rows.append(f"| {' | '.join(cells)} |\n")
    return START + "".join(rows)


if __name__ == "__main__":
    PAGE.write_text(page(PRESETS), encoding="utf-8", newline="\n")

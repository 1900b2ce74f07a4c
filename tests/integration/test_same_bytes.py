"""The same commands twice give the same bytes; with the clock stopped, every byte of every file."""

import json
import os
import subprocess
import sys

from nmt.training import trainer

COMMANDS = [
    ["train", "--config", "{config}", "--run", "run"],
    ["translate", "run", "--input", "{text}", "--nbest", "2"],
    ["align-export", "run", "--source", "{text}", "--format", "pharaoh,jsonl,html,npz,tsv", "-o", "links"],
    ["evaluate", "run"],
    ["compare", "run", "-o", "comparison.html"],
]
IN_ANOTHER_PROCESS = """
import json, sys
from nmt.cli import main
from nmt.training import trainer
trainer.monotonic = lambda: 0.0
for command in json.loads(sys.argv[1]):
    sys.argv = ["nmt", *command]
    try:
        main()
    except SystemExit as end:
        assert not end.code
"""


def test_same_bytes(nmt, tiny, tree, tmp_path, monkeypatch):
    """Here and in a process whose hashes of strings, and so the order of its sets, are others."""
    names = {"config": str(tiny.config), "text": str(tiny.text("dev.en"))}
    commands = [[part.format(**names) for part in command] for command in COMMANDS]
    folders = tmp_path / "here", tmp_path / "there"
    for folder in folders:
        folder.mkdir()

    monkeypatch.setattr(trainer, "monotonic", lambda: 0.0)
    monkeypatch.chdir(folders[0])
    printed = []
    for command in commands:
        result = nmt(*command)
        assert result.code == 0, result.err
        printed.append(result.out)

    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONHASHSEED": "7"}
    other = subprocess.run(
        [sys.executable, "-c", IN_ANOTHER_PROCESS, json.dumps(commands)],
        capture_output=True,
        cwd=folders[1],
        env=environment,
        timeout=120,
    )
    assert other.returncode == 0, other.stderr.decode()
    assert other.stdout == b"".join(printed).replace(bytes(folders[0]), bytes(folders[1]))
    here, there = map(tree, folders)
    assert {name for name in here.keys() | there.keys() if here.get(name) != there.get(name)} == set()
    assert len(here) > 25

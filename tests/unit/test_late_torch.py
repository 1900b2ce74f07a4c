"""Which parts of torch a command imports late, with a torch of a few lines; what real commands load is tested in
tests/integration/test_cli_process.py."""

import os
import subprocess
import sys

import pytest

FILES = {
    "__init__.py": "from torch import _meta_registrations, export as export\nprint('torch')",
    "_meta_registrations.py": "print('registrations')\nimport torch._refs",
    "_refs.py": "",
    "export/__init__.py": "print('export')\nimport time\ntime.sleep(0.1)\nfrom .unit import word\n__all__ = ['word']",
    "export/unit.py": "print('unit')\nword = 'exported'",
    "_dynamo.py": "print('compiler')",
}
LATELY = """\
import sys
from nmt.commands.late_torch import LATE as L, import_torch_late
import_torch_late()
import torch
"""
CASES = {
    "nothing": ("", []),
    "an attribute": ("print(torch.export.word)", ["registrations", "export", "unit", "exported"]),
    "twice": ("torch.export.word\nprint(torch.export.word)", ["registrations", "export", "unit", "exported"]),
    "a name": ("from torch.export import word\nprint(word)", ["registrations", "export", "unit", "exported"]),
    "one below": ("from torch.export.unit import word\nprint(word)", ["unit", "exported"]),
    "one below, then a name": (
        "from torch.export.unit import word\nprint(torch.export.word)",
        ["unit", "registrations", "export", "exported"],
    ),
    "every name": ("from torch.export import *\nprint(word)", ["registrations", "export", "unit", "exported"]),
    "what a part brings": ("print(torch._refs.__name__)", ["registrations", "export", "unit", "torch._refs"]),
    "nothing that torch has": ("print(hasattr(torch, 'other'))", ["False"]),
    "no private name": ("print(hasattr(torch, '_other'))", ["registrations", "export", "unit", "False"]),
    "from several threads": (
        "from concurrent.futures import ThreadPoolExecutor\n"
        "with ThreadPoolExecutor(4) as pool:\n"
        "    print(*pool.map(lambda _: torch.export.word, range(4)))",
        ["registrations", "export", "unit", "exported exported exported exported"],
    ),
    "no such name": ("print(hasattr(torch.export, 'other'))", ["registrations", "export", "unit", "False"]),
    "all modules": (
        "print([hasattr(module, '__file__') for name, module in sys.modules.items() if name in L])",
        ["[True, True]"],
    ),
    "the compiler": ("import torch._dynamo", ["registrations", "export", "unit", "compiler"]),
    "the compiler, then a name": (
        "import torch._dynamo\nprint(torch.export.word)",
        ["registrations", "export", "unit", "compiler", "exported"],
    ),
}


@pytest.fixture
def said(tmp_path):
    """The lines that code prints in a process whose torch is FILES."""
    for name, text in FILES.items():
        path = tmp_path / "torch" / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text(text + "\n", encoding="utf-8")

    def run(code):
        paths = os.pathsep.join([str(tmp_path), *sys.path])
        result = subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONPATH": paths},
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert (result.returncode, result.stderr) == (0, "")
        return result.stdout.split("\n")[:-1]

    return run


@pytest.mark.parametrize("case", CASES)
def test_parts_come_when_they_are_used(said, case):
    code, lines = CASES[case]
    assert said(LATELY + code) == ["torch", *lines]


def test_a_torch_that_is_there_already_stays_whole(said):
    code = "import sys, torch\nfrom nmt.commands.late_torch import import_torch_late\n"
    code += "before = list(sys.meta_path)\nimport_torch_late()\nprint(sys.meta_path == before)"
    assert said(code) == ["registrations", "export", "unit", "torch", "True"]

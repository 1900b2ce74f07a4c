"""What PyTorch is told before its first tensor, and the allocator before a translation."""

import ctypes
import os
import subprocess
import sys
from pathlib import Path

import pytest

from nmt.config.experiment import Experiment
from nmt.config.loader import load_config
from nmt.errors import CheckpointError
from nmt.pipeline.loading import load_translator
from nmt.pipeline.preparation import set_up

DEMO = Path(__file__).parents[2] / "configs/demo.yaml"

CODE = """\
import torch
from nmt.allocation import take_large_pages
take_large_pages()
tensor = torch.empty(64 << 20)
place, within = tensor.data_ptr(), False
for line in open("/proc/self/smaps"):
    first = line.split()[0]
    if "-" in first:
        begin, end = (int(part, 16) for part in first.split("-"))
        within = begin <= place < end
    elif within and first == "VmFlags:":
        print("hg" in line.split())
"""
LINUX_HAS_THEM = Path("/sys/kernel/mm/transparent_hugepage").exists()


@pytest.mark.skipif(not LINUX_HAS_THEM, reason="no Linux with pages of 2 MB")
@pytest.mark.parametrize("given, asked", [(None, "True"), ("0", "False")])
def test_large_tensors_ask_for_large_pages(given, asked):
    environment = {name: value for name, value in os.environ.items() if name != "THP_MEM_ALLOC_ENABLE"}
    if given is not None:
        environment["THP_MEM_ALLOC_ENABLE"] = given
    found = subprocess.run([sys.executable, "-c", CODE], env=environment, capture_output=True, check=True, text=True)
    assert found.stdout.split() == [asked]


def test_training_and_translation_ask_first(monkeypatch, tmp_path):
    monkeypatch.setenv("THP_MEM_ALLOC_ENABLE", "to be restored")
    monkeypatch.delenv("THP_MEM_ALLOC_ENABLE")
    set_up(load_config(Experiment, DEMO))
    assert os.environ.pop("THP_MEM_ALLOC_ENABLE") == "1"
    with pytest.raises(CheckpointError):
        load_translator(tmp_path)
    assert os.environ["THP_MEM_ALLOC_ENABLE"] == "1"


KEPT = """\
import resource
import torch
from nmt.allocation import keep_memory
if asked:
    keep_memory()
resident = lambda: int(open("/proc/self/statm").read().split()[1]) * resource.getpagesize() >> 20
before, tensors = resident(), [torch.ones(7 << 20) for _ in range(4)]
del tensors
print(resident() - before)
"""


MMAP = {"MALLOC_MMAP_THRESHOLD_": "1000000"}
TUNABLES = {"GLIBC_TUNABLES": "glibc.malloc.mmap_threshold=1000000"}
CASES = [(True, {}, True), (False, {}, False), (True, MMAP, False), (True, TUNABLES, False)]


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallopt"), reason="no glibc")
@pytest.mark.parametrize("asked, given, kept", CASES)
def test_memory_is_kept(asked, given, kept):
    """Four times 28 MB that are given back stay with the process where it is asked, and by the environment's leave."""
    told = ("MALLOC_", "GLIBC_TUNABLES")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(told)} | given
    command = [sys.executable, "-c", KEPT.replace("if asked", f"if {asked}")]
    found = subprocess.run(command, env=environment, capture_output=True, check=True, text=True)
    assert (int(found.stdout) > 100) == kept and (int(found.stdout) < 12) != kept

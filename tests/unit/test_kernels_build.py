"""Building the compiled loops: whatever is missing, fails or is damaged, nmt goes on without, or makes them anew."""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import subprocess
import sys

import pytest
import torch

from nmt.kernels import build, kernels, product
from nmt.kernels.build import load_library
from nmt.kernels.kernels import find_kernel
from nmt.models.config import ModelConfig
from nmt.models.seq2seq import Seq2Seq

from .test_kernels_gradients import loss_and_gradients, make_batch

needs_compiler = pytest.mark.skipif(shutil.which("g++") is None, reason="there is no g++")
MODEL = {
    "embedding": {"dim": 32},
    "encoder": {"type": "rnn", "dim": 32},
    "decoder": {"type": "bahdanau", "dim": 32, "maxout": 32},
}


def forget():
    for cached in (build.load_library, kernels._find, product._granted):
        cached.cache_clear()


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """The folder of the libraries, which is not there yet; they are compiled fast, not well."""
    forget()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(build, "FLAGS", (*build.FLAGS, "-O0"))
    yield tmp_path / "cache" / "nmt"
    monkeypatch.undo()
    forget()


@pytest.fixture
def small(cache, tmp_path, monkeypatch):
    """A library of one function, compiled in no time."""
    source = tmp_path / "small"
    source.mkdir()
    (source / "kernels.cpp").write_text('extern "C" void attend_float32() {}\n', encoding="utf-8")
    monkeypatch.setattr(build, "SOURCE", source)


def other_process():
    """Prints whether it has the library."""
    code = (
        "import sys\nfrom pathlib import Path\nfrom nmt.kernels import build\n"
        f"build.FLAGS, build.SOURCE = {build.FLAGS}, Path({str(build.SOURCE)!r})\n"
        "sys.stdin.read()\nprint(build.load_library().attend_float32 is not None)\n"
    )
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen([sys.executable, "-c", code], **pipes)


@pytest.fixture
def compiler(tmp_path, monkeypatch):
    """Puts a shell script in the place of g++; None: there is none. $GXX is the true one."""

    def put(script):
        folder = tmp_path / "bin"
        folder.mkdir()
        if script is not None:
            (folder / "g++").write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
            (folder / "g++").chmod(0o755)
        monkeypatch.setenv("GXX", str(shutil.which("g++")))
        monkeypatch.setenv("TOOLS", os.environ["PATH"])
        monkeypatch.setenv("PATH", str(folder))

    return put


def trains():
    """A loss and gradients, in both precisions."""
    model = Seq2Seq(ModelConfig.model_validate(MODEL), src_vocab=20, tgt_vocab=21)
    for enabled in (False, True):
        with torch.autocast("cpu", torch.bfloat16, enabled=enabled):
            results = loss_and_gradients(model, make_batch())
        assert all(part.isfinite().all() for part in results)


def goes_on_without():
    assert load_library() is None
    assert find_kernel("attend", torch.empty(0)) is None
    trains()
    return True


REAL = 'PATH="$TOOLS" exec "$GXX" "$@"'
COMPILERS = {
    "none": None,
    "fails": "exit 1",
    "is killed": "kill -9 $$",
    "fails only when it compiles": f'case "$*" in *kernels.cpp*) exit 1;; esac; {REAL}',
    "writes nothing": f'case "$*" in *kernels.cpp*) exit 0;; esac; {REAL}',
    "stops half way": f'case "$*" in *kernels.cpp*) for out; do :; done; echo hello > "$out"; exit 1;; esac; {REAL}',
    "writes no library": f'case "$*" in *kernels.cpp*) for out; do :; done; echo hello > "$out"; exit 0;; esac; {REAL}',
    "does not know this processor": f'case "$*" in *march=native*) exit 1;; esac; {REAL}',
}


@needs_compiler
@pytest.mark.parametrize("script", COMPILERS.values(), ids=list(COMPILERS))
def test_a_compiler_that_is_of_no_use(script, compiler, cache):
    compiler(script)
    assert goes_on_without()
    kept = [path.suffix for path in cache.glob("*")]
    assert kept == ([".so"] if script == COMPILERS["writes no library"] else []), "nothing half made is left"


def test_a_compiler_that_hangs(compiler, cache, monkeypatch):
    compiler('PATH="$TOOLS"; exec sleep 600')
    monkeypatch.setattr(build, "SECONDS", 0.2)
    assert goes_on_without()


@needs_compiler
def test_it_is_built_once(cache, compiler):
    assert load_library() is not None
    (built,) = cache.iterdir()
    assert stat.S_IMODE(cache.stat().st_mode) == 0o700
    before = built.stat()
    forget()
    compiler(f'case "$*" in *kernels.cpp*) exit 1;; esac; {REAL}')
    load_library()
    assert built.stat() == before
    trains()


@needs_compiler
def test_another_compiler_or_source_is_another_library(cache, compiler, monkeypatch, tmp_path):
    load_library()
    forget()
    compiler(f'case "$*" in --version) echo another; exit;; esac; {REAL}')
    load_library()
    forget()
    shutil.copytree(build.SOURCE, tmp_path / "source")
    (tmp_path / "source/gru.h").write_text("// nothing\n", encoding="utf-8")
    monkeypatch.setattr(build, "SOURCE", tmp_path / "source")
    assert find_kernel("attend", torch.empty(0)) is not None
    assert find_kernel("gru_after", torch.empty(0)) is None
    assert len(list(cache.iterdir())) == 3


def test_sources_that_are_not_there(cache, monkeypatch, tmp_path):
    monkeypatch.setattr(build, "SOURCE", tmp_path / "nowhere")
    assert goes_on_without()


@needs_compiler
@pytest.mark.parametrize("mode", [0o777, 0o770, 0o702])
def test_a_cache_that_others_can_write_to(cache, small, mode):
    assert load_library() is not None
    forget()
    cache.chmod(mode)
    assert goes_on_without()


@needs_compiler
@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a folder away")
def test_a_cache_of_another_user(cache):
    cache.mkdir(parents=True)
    os.chown(cache, 12345, -1)
    assert goes_on_without()


def cut(part):
    return lambda content: content[: int(len(content) * part)]


def flip(part):
    def damage(content):
        place = int(len(content) * part)
        return content[:place] + bytes([content[place] ^ 255]) + content[place + 1 :]

    return damage


DAMAGES = {
    "empty": cut(0),
    "cut in the header": cut(0.0005),
    "cut in the middle": cut(0.5),
    "cut near the end": cut(0.99),
    "a byte of the code": flip(0.3),
    "a byte at the end": flip(0.9999),
    "zeros": lambda content: bytes(len(content)),
    "longer": lambda content: content + b"\0",
}


@needs_compiler
@pytest.mark.parametrize("damage", DAMAGES.values(), ids=list(DAMAGES))
def test_a_damaged_library_is_made_anew(damage, cache, small):
    """It is loaded in a process of its own, which a damaged one might end."""
    assert load_library() is not None
    (built,) = cache.iterdir()
    content = built.read_bytes()
    built.unlink()  # this process has it loaded, and would read the damage
    built.write_bytes(damage(content))
    process = other_process()
    assert (*process.communicate(), process.returncode) == ("True\n", "", 0)
    assert built.read_bytes() == content
    assert list(cache.iterdir()) == [built]


@needs_compiler
def test_processes_build_at_once(cache, small):
    """They begin together, when their standard input ends."""
    processes = [other_process() for _ in range(3)]
    for process in processes:
        process.stdin.close()
        process.stdin = None
    for process in processes:
        assert (*process.communicate(), process.returncode) == ("True\n", "", 0)
    (built,) = cache.iterdir()
    assert built.suffix == ".so"


def test_a_home_that_cannot_be_written(cache, monkeypatch, tmp_path):
    monkeypatch.delenv("XDG_CACHE_HOME")
    (tmp_path / "home").write_bytes(b"")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert goes_on_without()


def test_no_home(cache, monkeypatch):
    """As in a container whose user has no name."""

    def nobody(number):
        raise KeyError(number)

    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.delenv("HOME")
    monkeypatch.setattr(pwd, "getpwuid", nobody)
    assert goes_on_without()


def test_a_relative_cache_is_none(cache, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", "here")
    assert goes_on_without()
    assert not (tmp_path / "here").exists()

"""Training under torchrun, on one machine and on two that are one: as one process trains. `make torchrun-test`; it is
no part of `make test`, because each process takes seconds to load PyTorch."""

import json
import os
import socket
import subprocess
import sys

import pytest

TORCHRUN = [sys.executable, "-m", "torch.distributed.run"]
CHANGES = ["data.batching={sentences: 6, pool: 3}", "data.test={}", "train.max_steps=8", "train.log_every=1"]


def losses(run):
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_bytes().split(b"\n")[:-1]]
    return [line["loss"] for line in lines if line["split"] == "train"]


@pytest.fixture
def command(tiny):
    return ["train", f"--config={tiny.config}", *(f"--set={change}" for change in CHANGES)]


@pytest.fixture
def alone(nmt, command, tmp_path):
    assert nmt(*command, "--run", tmp_path / "alone").code == 0
    return pytest.approx(losses(tmp_path / "alone"), rel=1e-5)


def together(agents, command, run):
    """Exit codes of the torchruns that are called with these arguments, at the same time."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    training = ["-m", "--", "nmt", *command, "--run", run, "--quiet"]
    running = [subprocess.Popen([*TORCHRUN, *flags, *training], env=environment) for flags in agents]
    return [process.wait(timeout=300) for process in running]


def test_one_machine(command, alone, tmp_path):
    assert together([["--standalone", "--nproc-per-node=2"]], command, tmp_path / "run") == [0]
    assert losses(tmp_path / "run") == alone


def test_seeds_one_after_the_other(command, tmp_path):
    """The second training begins when the first rank has scored and closed the first one."""
    run = tmp_path / "run"
    assert together([["--standalone", "--nproc-per-node=2"]], [*command, "--seeds", "1,2"], run) == [0]
    assert [json.loads((run / f"seed-{seed}/done.json").read_bytes())["step"] for seed in (1, 2)] == [8, 8]


def test_two_machines(command, alone, tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    first = ["--nnodes=2", "--nproc-per-node=1", "--master-addr=127.0.0.1", f"--master-port={port}"]
    agents = [[*first, f"--node-rank={rank}"] for rank in (0, 1)]
    assert together(agents, command, tmp_path / "run") == [0, 0]
    assert losses(tmp_path / "run") == alone

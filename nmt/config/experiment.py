"""Experiment: the whole config, composed of the sections of its owners."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from nmt.config.component import Section
from nmt.config.requirement import Requirement
from nmt.data.config import DataConfig
from nmt.evaluation.config import EvaluationConfig
from nmt.models.config import ModelConfig
from nmt.search.config import SearchConfig
from nmt.training.config import TrainConfig


class Experiment(Section):
    """Everything that decides a run. The same file, data, machine and versions give the same weights."""

    requires: Requirement | None = None
    """`nmt >= 0.4`: an older version refuses the config in one line. null: any version."""
    seed: int = Field(default=1, ge=0)
    """Start of all randomness: weights, dropout and the order of the data are functions of it."""
    threads: int | None = Field(default=None, ge=1, le=1024)
    """Threads of the processor; null: all cores. The weights depend on it in the last bits."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """Where to compute; auto takes a GPU where there is one."""
    precision: Literal["auto", "fp32", "bf16"] = "auto"
    """bf16 computes in bfloat16 with fp32 master weights; auto does so where the processor has bfloat16 products."""
    kernels: Literal["auto", "off"] = "auto"
    """auto: compiled loops on a processor, built on first use where there is g++, and CUDA graphs in training on a GPU;
    off: PyTorch alone. The weights depend on it in the last bits."""
    plugins: list[str] = []
    """Python modules with components of your own, imported before the config is read; those of a run folder only if the
    environment variable NMT_PLUGINS names them (with commas between)."""
    data: DataConfig
    """Text, vocabularies and batches."""
    model: ModelConfig = ModelConfig()
    """What is trained."""
    train: TrainConfig = Field(examples=[{"max_epochs": 30}])
    """How it is trained."""
    search: SearchConfig = SearchConfig()
    """How translations are found."""
    evaluation: EvaluationConfig = EvaluationConfig()
    """How translations are scored."""

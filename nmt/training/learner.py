"""Everything that an update changes: the weights, the optimizer and the averaged weights."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from functools import partial
from math import isfinite
from typing import NamedTuple

import torch
from torch import Tensor

from nmt.data.batch import Batch
from nmt.data.fill_up import fill_up
from nmt.errors import CheckpointError
from nmt.kernels.kernels import uses_kernels
from nmt.models.seq2seq import Seq2Seq
from nmt.nn.cut import cutting, pieces
from nmt.parallel.gradient_sum import GradientSum
from nmt.training.average import Average
from nmt.training.config import TrainConfig
from nmt.training.job import Job
from nmt.training.objectives.objective import Objective, Setting
from nmt.training.replay import Begun, CudaGraphs, Replays
from nmt.training.weights import load_weights, named_weights


class Update(NamedTuple):
    """loss: nats a target token, unsmoothed; norm: L2 norm of the gradient before clipping; tokens: target tokens. All
    of the whole batch, whatever part of it other ranks had."""

    loss: float
    norm: float
    tokens: int


class NonFiniteError(ArithmeticError):
    """The loss or the gradient norm is NaN or infinite; the weights are as before the update."""


class Learner:
    """Applies updates to the model. What it draws at random depends on (seed, step, micro-batch, rank) alone."""

    def __init__(
        self, model: Seq2Seq, config: TrainConfig, job: Job, warn: Callable[[str], None] = lambda text: None
    ) -> None:
        self.model = model.to(job.device).train()
        self.config = config
        self.job = job
        self.named_parameters = {name: p for name, p in model.named_parameters() if p.requires_grad}
        self.optimizer: torch.optim.Optimizer = config.optimizer.build(parameters=list(self.named_parameters.values()))
        self.objective: Objective = config.objective.build()
        self.average = Average(model, config.ema) if config.ema is not None else None
        parameters = list(self.named_parameters.values())
        self.gradient_sum: GradientSum | None = None
        if job.ranks.size > 1:
            used_first = model.of_source()
            as_used = sorted(parameters, key=lambda parameter: parameter not in used_first)
            self.gradient_sum = GradientSum(as_used, job.ranks)
        records = job.device.type == "cuda" and self.objective.replayable
        self.replays = Replays(parameters, CudaGraphs(), warn) if records else None

    def update(
        self,
        batches: list[Batch],
        step: int,
        lr: float,
        between: Callable[[], None] = lambda: None,
        meanwhile: Callable[[], None] = lambda: None,
    ) -> Update:
        """Update number `step` (from 1) with the gradient of the mean loss over all target tokens of `batches`, or over
        what else the objective counts. With several ranks `batches` are the shares of this one, maybe none.

        Loss and norm are read from the device once, so that nothing is updated with a NaN. `between` is called between
        two batches, `meanwhile` when all work is under way and before it is waited for; if they raise, nothing was
        changed.

        Errors: NonFiniteError, on all ranks, before anything is changed.
        """
        self.optimizer.zero_grad(set_to_none=self.replays is None)
        ranks = self.job.ranks
        shares = sum(batch.tokens for batch in batches), sum(self.objective.size(batch) for batch in batches)
        tokens, size = map(int, ranks.sum([*shares]))
        losses = self._backward_all(batches, (step, size), between, meanwhile)
        gradients = [p.grad for p in self.named_parameters.values() if p.grad is not None]
        norm = torch.nn.utils.get_total_norm([torch.linalg.vector_norm(g, dim=-1) for g in gradients])
        values: list[float] = torch.stack([*losses.sum(0), norm.float()]).tolist()
        values[:2] = ranks.sum(values[:2])
        for what, value in zip(("loss", "loss", "gradient norm"), values, strict=True):
            if not isfinite(value):
                raise NonFiniteError(f"{what} is {value}")
        clip = self.config.clip_norm
        if clip is not None and values[2] > clip:
            torch._foreach_mul_(gradients, clip / values[2])  # pyright: ignore[reportPrivateImportUsage]
        for group in self.optimizer.param_groups:
            group["lr"] = lr
        self.optimizer.step()
        if self.average is not None:
            self.average.update(step)
        return Update(values[1] / tokens, values[2], tokens)

    def _backward_all(
        self, batches: list[Batch], place: tuple[int, int], between: Callable[[], None], meanwhile: Callable[[], None]
    ) -> Tensor:
        """Makes the gradients of update (step, terms of the loss), those of all ranks together; the losses of each
        batch of this rank as `_backward` gives them, one below the other."""
        step, size = place
        losses = [torch.zeros(1, 2, device=self.job.device)] if not batches else []
        for micro, batch in enumerate(batches):
            if micro:
                between()
            summed = self.gradient_sum if micro == len(batches) - 1 else None
            losses.append(self._backward(batch, (step, micro), size, summed)[None])
        if self.gradient_sum is not None:
            self.gradient_sum.send()
        meanwhile()
        if self.gradient_sum is not None:
            self.gradient_sum.finish(in_place=self.replays is not None)
        return torch.cat(losses)

    def _backward(self, batch: Batch, place: tuple[int, int], size: int, summed: GradientSum | None) -> Tensor:
        """Adds the gradient of the batch's share of the mean loss, which `summed` sends while the rest is made;
        objective and plain loss, summed, as one tensor."""
        rank, batch = self.job.ranks.rank, batch.to(self.job.device)
        gradients = partial(self._gradients, place[0])
        if self.replays is not None and self.uses_graphs:
            gradients = self.replays.find(batch, gradients)
        elif summed is not None:
            summed.expect()
        # without a GPU `torch.manual_seed` notes down the call stack for one that may come, a millisecond each time
        set_seed = torch.default_generator.manual_seed if self.job.device.type == "cpu" else torch.manual_seed
        set_seed(mix(self.job.seed, *place, *([rank] if rank else [])))
        begun = gradients(batch, torch.full((), size, device=self.job.device))
        for piece in begun.later:
            if summed is not None:
                summed.send(piece.parameters)
            piece.run()
        return begun.losses

    def _gradients(self, step: int, batch: Batch, size: Tensor) -> Begun:
        """The gradients of a batch of update `step`, with the random numbers as they come. Where they are summed over
        ranks and no hook of a graph will tell that one is made, some are left for later."""
        autocast = torch.autocast(self.job.device.type, torch.bfloat16, enabled=self.job.precision == "bf16")
        in_pieces = self.gradient_sum is not None and self.uses_graphs
        with autocast, cutting() if in_pieces else nullcontext([]) as cuts:
            setting = Setting(step, self.config.label_smoothing, self.config.guided_alignment)
            loss = self.objective.loss(self.model, batch, setting)
        (loss.total / size).backward()
        return Begun(torch.stack((loss.total.detach(), loss.nll)).float(), pieces(cuts))

    @property
    def uses_graphs(self) -> bool:
        """Whether gradients are made by CUDA graphs."""
        return self.replays is not None and uses_kernels()

    def fit(self, batch: Batch) -> Batch:
        """The batch as `update` wants it, on the processor: of one of few shapes where those are recorded."""
        return batch if self.replays is None else fill_up(batch, self.model.longest_source)

    @contextmanager
    def for_translation(self) -> Iterator[None]:
        """Within this context the model is in evaluation mode, with the weights to translate with."""
        with self.average.in_use() if self.average is not None else nullcontext():
            self.model.eval()
            try:
                yield
            finally:
                self.model.train()

    def tensors(self) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """The weights to translate with, and the rest: `optimizer.KEY.NAME` and, if those are averaged, `raw.NAME`."""
        weights = named_weights(self.model)
        training: dict[str, Tensor] = {}
        for name, parameter in self.named_parameters.items():
            for key, value in self.optimizer.state.get(parameter, {}).items():
                if value is not None:
                    training[f"optimizer.{key}.{name}"] = value
        if self.average is not None:
            training |= {f"raw.{name}": tensor for name, tensor in weights.items()}
            weights |= self.average.tensors()
        return weights, training

    def restore(self, weights: Mapping[str, Tensor], training: Mapping[str, Tensor], source: str) -> None:
        """Goes back to where `tensors` was called.

        Errors: CheckpointError beginning with `source` if the tensors do not fit the model.
        """
        load_weights(self.model, weights, source)
        if self.average is not None:
            self.average.restore(dict(weights))
            load_weights(self.model, _without("raw.", training), source)
        states: dict[int, dict[str, Tensor]] = {}
        places = {name: place for place, name in enumerate(self.named_parameters)}
        for entry, value in _without("optimizer.", training).items():
            key, _, name = entry.partition(".")
            if name not in places:
                raise CheckpointError(f"{source}: training.safetensors holds {entry!r}, which is not in the model")
            states.setdefault(places[name], {})[key] = value
        groups = self.optimizer.state_dict()["param_groups"]
        self.optimizer.load_state_dict({"state": states, "param_groups": groups})


def mix(*numbers: int) -> int:
    """A random seed of 63 bits that is a function of the numbers, with no pattern between neighbours."""
    digest = hashlib.blake2b(" ".join(map(str, numbers)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


def _without(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors whose name begins with `prefix`, by the rest of the name."""
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}

"""Where training is: the few numbers from which it continues."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field


@dataclass
class TrainingState:
    """Everything besides tensors. Randomness is a function of (seed, step) and data order of (seed, epoch)."""

    step: int = 0
    """Updates made."""

    epoch: int = 1
    """Epoch of the last update, from 1."""

    position: int = 0
    """Batches of that epoch already used."""

    lr: float = 0.0
    """Learning rate of the last update."""

    seconds: float = 0.0
    """Time spent so far, validation included."""

    scores: list[tuple[int, float]] = field(default_factory=list)
    """Step and metric of every validation; higher is better. Patience and schedules are functions of it."""

    fingerprint: dict[str, str] = field(default_factory=dict)
    """What must be the same when training continues (data, vocabulary, seed ...)."""

    environment: dict[str, str] = field(default_factory=dict)
    """What must be the same for the same bits (threads, versions, device)."""

    def to_json(self) -> bytes:
        """The state as UTF-8 JSON; floats come back exactly."""
        return json.dumps(asdict(self), indent=1, allow_nan=False).encode()

    @classmethod
    def from_json(cls, data: bytes) -> TrainingState:
        """The state that `to_json` wrote. Errors: ValueError or TypeError if it is something else."""
        state = cls(**json.loads(data))
        tables = (state.fingerprint, state.environment)
        if not all(isinstance(table, dict) and all(isinstance(v, str) for v in table.values()) for table in tables):
            raise TypeError("fingerprint and environment must be tables of text")
        state.scores = [(int(step), float(score)) for step, score in state.scores]
        return state

    def waited(self) -> int:
        """Validations since the best one."""
        scores = [score for _, score in self.scores]
        return len(scores) - 1 - scores.index(max(scores)) if scores else 0

    def is_validated(self) -> bool:
        """Whether the weights of this very step have been validated."""
        return bool(self.scores) and self.scores[-1][0] == self.step

    def changes(self, fingerprint: Mapping[str, str]) -> dict[str, str]:
        """What is another one than when the run started, and a line about each."""
        before = {name: self.fingerprint.get(name, now) for name, now in fingerprint.items()}
        return {name: tell_change(name, before[name], now) for name, now in fingerprint.items() if before[name] != now}

    def differences(self, environment: Mapping[str, str]) -> list[str]:
        """What of the environment is another one now, e.g. `threads 2 -> 1`."""
        before = self.environment
        return [f"{name} {before[name]} -> {now}" for name, now in environment.items() if before.get(name, now) != now]


def tell_change(name: str, before: str, now: str) -> str:
    """A line about what has another hash than when the run started."""
    return f"{name} changed since the run started (was {before[:12]}, is {now[:12]})"

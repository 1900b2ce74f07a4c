"""What training tells while it runs."""

from __future__ import annotations

from nmt.training.validation import Validation


class Listener:
    """Hears of everything and does nothing; the command line overrides what it wants to show."""

    def on_step(
        self, step: int, epoch: int, fraction: float, loss: float, tokens_per_s: float, seconds_left: float | None
    ) -> None:
        """After every update: share of the budget used up, nats a target token, target tokens a second.

        `seconds_left` is an estimate; None while there is nothing to estimate from.
        """

    def on_validation(self, step: int, epoch: int, validation: Validation, better: bool) -> None:
        """After every validation; `better` if it is the best so far."""

    def on_message(self, message: str) -> None:
        """One line worth knowing: a resume, a test set that is translated."""

    def on_warning(self, message: str) -> None:
        """One line that must be heard: a damaged checkpoint, a full disk. By default `on_message` hears it."""
        self.on_message(message)

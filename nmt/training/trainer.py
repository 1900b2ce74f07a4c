"""The training loop: update, validate, save, until the budget is used up or nothing gets better."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from functools import partial
from math import isfinite
from pathlib import Path
from time import monotonic

from nmt.data.epochs import Epoch
from nmt.errors import CONTINUES, IF_CHANGED, CheckpointError, Interrupted, NmtError, Stopped
from nmt.models.seq2seq import Seq2Seq
from nmt.training.budget import Budget, Spent
from nmt.training.checkpoint import Checkpoint, latest_valid
from nmt.training.checkpoint_files import remove_leftovers
from nmt.training.config import TrainConfig
from nmt.training.durable import make_folder
from nmt.training.failures import explain, explain_validation, kept
from nmt.training.feed import Feed
from nmt.training.job import Job
from nmt.training.journal import Journal
from nmt.training.learner import Learner, NonFiniteError, Update
from nmt.training.listener import Listener
from nmt.training.outcome import Outcome, conclude
from nmt.training.saver import Saver
from nmt.training.schedules.schedule import Progress, Schedule
from nmt.training.signals import Signals
from nmt.training.state import TrainingState
from nmt.training.tensorboard import summary_writer
from nmt.training.validation import Validation, measured_by_first


class Trainer:
    """Trains `model` and keeps everything needed to continue in `run`.

    A run that was stopped, killed or cut off from power continues from its newest whole checkpoint and ends with the
    same weights, bit for bit, as one that was left alone (same machine, versions and threads; no limit by the clock).
    """

    def __init__(
        self,
        run: Path,
        model: Seq2Seq,
        job: Job,
        config: TrainConfig,
        listener: Listener | None = None,
        signals: Signals | None = None,
    ) -> None:
        """Signals are obeyed if `signals` is entered by the caller. Errors: UserError if TensorBoard is missing."""
        if config.tensorboard:
            summary_writer()
        self.run, self.job, self.config = run, job, config
        self.listener = listener or Listener()
        self.signals = signals or Signals()
        self.ranks = job.ranks
        self.learner = Learner(model, config, job, self.listener.on_warning)
        self.schedule: Schedule = config.schedule.build()
        self.budget = Budget(config)
        self.saver = Saver(run, config.keep_checkpoints, self.listener.on_warning, self.ranks.is_first)
        environment = job.environment(self.learner.uses_graphs)
        self.state = TrainingState(fingerprint=self._fingerprint(), environment=environment)
        self._epoch: Epoch | None = None
        self._feed = Feed(job.ranks, job.device, config.accumulate, self.learner.fit)

    def train(self) -> Outcome:
        """Trains to the end of the budget, or continues to it; the model then has the best weights.

        Errors: Stopped after a signal, with everything saved; CheckpointError if the run cannot be continued; NmtError
        if loss or gradient is not finite, memory runs out or the disk fails.
        """
        self.ranks.after_first(self._start)
        warn, is_first = self.listener.on_warning, self.ranks.is_first
        with closing(Journal(self.run, self.config, self.state, warn, is_first)) as self.journal:
            while True:
                over = self._is_over()
                if (over or self._is_validation_due()) and not self.state.is_validated():
                    self._validate()
                    continue
                self._obey_signals()
                if over:
                    return self.ranks.after_first(self._conclude)
                self._update()

    def _conclude(self) -> Outcome:
        return conclude(self.run, self.learner, self.state, self.saver.best(self.state))

    def _start(self) -> None:
        make_folder(self.run)
        if self.ranks.is_first:
            remove_leftovers(self.run)
        checkpoint = latest_valid(self.run, self.listener.on_warning)
        if checkpoint is not None:
            self._continue_from(checkpoint)
        self._begin = monotonic() - self.state.seconds
        self._before = self.state.seconds, self.budget.used(self._spent())

    def _continue_from(self, checkpoint: Checkpoint) -> None:
        """Takes over a checkpoint's tensors and state."""
        for name, change in checkpoint.state.changes(self.state.fingerprint).items():
            self._accept(name, change)
        differences = checkpoint.state.differences(self.state.environment)
        if differences:
            self.listener.on_warning(f"not bit-identical: {', '.join(differences)}")
        self.learner.restore(checkpoint.weights, checkpoint.training, checkpoint.path.name)
        checkpoint.state.fingerprint = self.state.fingerprint
        checkpoint.state.environment = self.state.environment
        self.state = checkpoint.state
        self.saver.set_links(self.state)
        self.listener.on_message(f"continuing at step {self.state.step}")

    def _accept(self, name: str, change: str) -> None:
        """Errors: CheckpointError unless what changed may do so."""
        if name not in self.job.data_fingerprint:
            raise CheckpointError(f"{change}; start a new run")
        if not self.job.allow_changed_data:
            raise CheckpointError(f"{change}; {IF_CHANGED}")
        self.listener.on_warning(f"warning: {change}; training goes on with it as it is now")

    def _update(self) -> None:
        begin = monotonic()
        batches, epoch = self._next_batches(), self._current_epoch()
        step = self.state.step + 1
        scores = [score for _, score in self.state.scores]
        progress = Progress(step, self.state.epoch, self.budget.planned(self._spent()), scores)
        self.state.lr = self.config.optimizer.lr * self.schedule.factor(progress)
        try:
            shares = self._feed.take(epoch, self.state.position)
            prepare_next = partial(self._feed.prepare, epoch, self.state.position + len(batches))
            update = self.learner.update(shares, step, self.state.lr, self._between_batches, prepare_next)
        except Interrupted:
            return
        except (ArithmeticError, MemoryError, RuntimeError) as error:
            failure = explain(error, epoch, batches, self.state, self.job.memory_hint)
            if failure is None:
                raise
            message = NmtError(f"{failure}; {kept(self.run)}")
            raise (self.ranks.told(message) if isinstance(error, NonFiniteError) else message) from error
        self.state.step = step
        self.state.position += len(batches)
        self.state.seconds = self._elapsed()
        self.journal.add_update(self.state, update, monotonic() - begin)
        self._tell(update)

    def _next_batches(self) -> Sequence[list[int]]:
        """The sentences of the next update, batch by batch; the last update of an epoch may have fewer batches."""
        if self.state.position >= len(self._current_epoch().batches):
            self.state.epoch, self.state.position = self.state.epoch + 1, 0
        begin = self.state.position
        return self._current_epoch().batches[begin : begin + self.config.accumulate]

    def _current_epoch(self) -> Epoch:
        if self._epoch is None or self._epoch.number != self.state.epoch:
            self._epoch = self.job.data.epoch(self.state.epoch)
        return self._epoch

    def _validate(self) -> None:
        """Validates, saves and tells, unless a signal to stop comes; then the validation is made after the resume."""
        validation, state = measured_by_first(self.ranks, self._measure), self.state
        if validation is None:
            self._obey_signals()
            return
        if not isfinite(validation.loss):
            reason = f"loss is {validation.loss} on the validation set at step {state.step}; {kept(self.run)}"
            raise self.ranks.told(NmtError(reason))
        state.seconds = self._elapsed()
        state.scores.append((state.step, validation.score(self.config.metric)))
        self.journal.add_validation(state, validation)
        self._save(must=self._is_over())
        self.listener.on_validation(state.step, state.epoch, validation, better=state.waited() == 0)

    def _measure(self) -> Validation | None:
        try:
            with self.learner.for_translation(), self.signals.interrupting():
                return self.job.validate(self.learner.model)
        except Interrupted:
            return None
        except (MemoryError, RuntimeError) as error:
            failure = explain_validation(error, self.state, self.job.validation_memory_hint)
            if failure is None:
                raise
            raise NmtError(f"{failure}; {kept(self.run)}") from error

    def _between_batches(self) -> None:
        """Ends the update if a signal came; with several ranks all of them finish it, and then agree."""
        if self.ranks.size == 1:
            self.signals.raise_if_stopped()

    def _save(self, must: bool) -> None:
        self.ranks.after_first(lambda: self.saver.save(self.state, self.learner, must=must))

    def _is_validation_due(self) -> bool:
        if self.config.validate_every is None:
            return self.state.step > 0 and self.state.position == len(self._current_epoch().batches)
        return self.state.step > 0 and self.state.step % self.config.validate_every == 0

    def _is_over(self) -> bool:
        patience = self.config.patience
        return self.budget.used(self._spent()) >= 1 or (patience is not None and self.state.waited() >= patience)

    def _spent(self) -> Spent:
        epochs = self.state.epoch - 1 + self.state.position / len(self._current_epoch().batches)
        return Spent(self.state.step, epochs, self.state.seconds)

    def _obey_signals(self) -> None:
        stop = self.ranks.highest(self.signals.stop or 0)
        if stop:
            self._save(must=True)
            raise self.ranks.told(Stopped(f"stopped at step {self.state.step}; {CONTINUES}", stop))
        if self.signals.take_save():
            self.saver.save(self.state, self.learner, must=False)

    def _elapsed(self) -> float:
        """Seconds of training so far, by the clock of the first rank."""
        return self.ranks.of_first([monotonic() - self._begin])[0]

    def _tell(self, update: Update) -> None:
        used = min(1.0, self.budget.used(self._spent()))
        seconds, gained = self.state.seconds - self._before[0], used - self._before[1]
        left = (1 - used) * seconds / gained if gained > 0 else None
        speed = self.journal.tokens_per_s
        self.listener.on_step(self.state.step, self.state.epoch, used, update.loss, speed, left)

    def _fingerprint(self) -> dict[str, str]:
        """What must not change between two starts of a run."""
        own = {
            "seed": str(self.job.seed),
            "train.optimizer": self.config.optimizer.component.name,
            "train.metric": self.config.metric,
            "train.ema": "off" if self.config.ema is None else "on",
        }
        return own | self.job.fingerprint | self.job.data_fingerprint

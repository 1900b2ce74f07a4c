"""Bugs to plant into a training, each of which the harness must see. They live in the killed process alone."""

import itertools
import json
import time


def random_state_not_restored() -> None:
    """What is drawn depends on how many batches this process has seen, not on the step."""
    from nmt.training import learner

    counter = itertools.count()
    learner.mix = lambda *numbers: next(counter)


def data_position_not_restored() -> None:
    """A resumed epoch begins anew."""
    from nmt.training.state import TrainingState

    read = TrainingState.from_json
    TrainingState.from_json = lambda data: read(json.dumps({**json.loads(data), "position": 0}))


def checkpoint_written_in_place() -> None:
    """The files of a checkpoint are written, slowly, into the folder that has its name already."""
    from nmt.training import checkpoint
    from nmt.training.durable import write_synced

    def write(target, files):
        target.mkdir(parents=True, exist_ok=True)
        for name, data in {**files, checkpoint.NAME: checkpoint.manifest_of(files)}.items():
            time.sleep(0.01)
            write_synced(target / name, data)

    checkpoint._write = write


def old_checkpoints_removed_first() -> None:
    """What is no longer needed once the new checkpoint is there is removed before it is there."""
    from nmt.training import saver
    from nmt.training.checkpoint_files import saved
    from nmt.training.durable import remove_folder

    save = saver.save_checkpoint

    def remove_and_save(run, *rest):
        for path in saved(run):
            remove_folder(path)
        return save(run, *rest)

    saver.save_checkpoint = remove_and_save


def averages_not_restored() -> None:
    """The averaged weights begin anew from the weights at the resume."""
    from nmt.training.average import Average

    Average.restore = lambda self, tensors: None


BUGS = {
    function.__name__: function
    for function in (
        random_state_not_restored,
        data_position_not_restored,
        checkpoint_written_in_place,
        old_checkpoints_removed_first,
        averages_not_restored,
    )
}

"""Back-pointers of two sentences and a beam of 2, followed by hand."""

import numpy as np
import torch

from nmt.search.trace import Finished, Trace
from nmt.text.vocab import EOS


def weights(*rows):
    return torch.tensor([[float(value), 1.0 - value] for value in rows])


def story():
    """Step 0: both sentences; step 1: only the second, which is then row 0."""
    trace = Trace(2)
    trace.append(
        torch.tensor([0, 1]),
        torch.tensor([[4, 5], [6, 7]]),
        torch.tensor([[0, 0], [0, 0]]),
        weights(0.1, 0.2, 0.3, 0.4),
    )
    trace.append(torch.tensor([1]), torch.tensor([[8, 9]]), torch.tensor([[1, 0]]), weights(0.5, 0.6))
    trace.append(torch.tensor([1]), torch.tensor([[4, 4]]), torch.tensor([[1, 1]]), weights(0.7, 0.8))
    return trace


def test_an_ended_output_is_read_back_with_its_attention():
    finished = Finished(2, 1, torch.device("cpu"))
    finished.add(torch.tensor([1]), torch.tensor([[-0.5]]), torch.tensor([[-2.0]]), torch.tensor([[0]]), step=2)
    none, (hypothesis,) = finished.hypotheses(story().read(), [2, 2])
    assert hypothesis.tokens == [7, 8, EOS]
    assert (hypothesis.score, hypothesis.logprob) == (-0.5, -2.0)
    np.testing.assert_allclose(hypothesis.weights_TS[:, 0], [0.3, 0.6, 0.7], rtol=1e-6)
    assert none == []


def test_columns_beyond_the_source_are_cut_off():
    finished = Finished(2, 1, torch.device("cpu"))
    finished.add(torch.tensor([0]), torch.tensor([[-1.0]]), torch.tensor([[-1.0]]), torch.tensor([[1]]), step=1)
    trace = Trace(2)
    for _ in range(2):
        trace.append(
            torch.tensor([0, 1]),
            torch.tensor([[4, 5], [6, 7]]),
            torch.zeros(2, 2, dtype=torch.long),
            weights(1, 1, 1, 1),
        )
    ((hypothesis,), _) = finished.hypotheses(trace.read(), [1, 2])
    assert hypothesis.tokens == [5, EOS]
    assert hypothesis.weights_TS.tolist() == [[1.0], [1.0]]


def test_a_prefix_that_was_cut_off_begins_with_the_slot_after_the_step():
    finished = Finished(2, 1, torch.device("cpu"))
    finished.add_prefixes(torch.tensor([1]), torch.tensor([-4.0]), torch.tensor([-2.0]), step=2)
    _, (hypothesis,) = finished.hypotheses(story().read(), [2, 2])
    assert hypothesis.tokens == [6, 9, 4]
    np.testing.assert_allclose(hypothesis.weights_TS[:, 0], [0.3, 0.5, 0.8], rtol=1e-6)


def test_a_pool_keeps_the_best_of_all_steps():
    finished = Finished(1, 2, torch.device("cpu"))
    for step, scores in enumerate([[-5.0, -9.0], [float("-inf"), -3.0], [-4.0, -8.0]]):
        score_BC = torch.tensor([scores])
        finished.add(torch.tensor([0]), score_BC, score_BC * 10, torch.tensor([[0, 1]]), step)
    assert finished.score_BC.tolist() == [[-3.0, -4.0]]
    assert finished.logprob_BC.tolist() == [[-30.0, -40.0]]
    assert (finished.step_BC.tolist(), finished.slot_BC.tolist()) == ([[1, 2]], [[1, 0]])


def test_a_prefix_is_no_answer_where_something_has_ended():
    finished = Finished(2, 1, torch.device("cpu"))
    finished.add(torch.tensor([0]), torch.tensor([[-9.0]]), torch.tensor([[-9.0]]), torch.tensor([[0]]), step=1)
    finished.add_prefixes(torch.tensor([0, 1]), torch.tensor([-1.0, -1.0]), torch.tensor([-1.0, -1.0]), step=1)
    assert finished.score_BC.tolist() == [[-9.0], [-1.0]]
    assert finished.ended_B.tolist() == [True, False]

"""Records of an export: n-best lists, and a run of the other direction that joins in."""

from collections.abc import Iterable, Iterator
from itertools import islice

import numpy as np
import pytest

from nmt.errors import UserError
from nmt.pipeline.alignment_export import ExportSettings, export_records
from nmt.text.tokenizers.tokenizer import Pieces
from nmt.translator import MAX_PIECES, Translation

BLOCK = 3


def pieces(words: list[str]) -> Pieces:
    return Pieces(list(range(4, 4 + len(words))), words, list(range(len(words))), words)


def translation(src: list[str], tgt: list[str], links: list[int | None]) -> Translation:
    """`links[t]` is the source word that target word t looks at, None for EOS."""
    weights_TS = np.zeros((len(tgt) + 1, len(src) + 1), np.float32)
    for row, source in enumerate([*links, None]):
        weights_TS[row, len(src) if source is None else source] = 1
    return Translation(pieces(src), pieces(tgt), " ".join(tgt), -1.0, -1.0, weights_TS, " ".join(src))


class Reverse:
    """Stands for a translator of the other direction: reads blocks, and links word n of its target to `looks[n]`."""

    def __init__(self, looks: list[int | None], cut: int = 100) -> None:
        self.looks, self.cut = looks, cut
        self.given: list[tuple[str, str]] = []

    def align(
        self, pairs: Iterable[tuple[str, str]], first: int = 1, read_ahead: int | None = None
    ) -> Iterator[Translation]:
        stream = iter(pairs)
        while block := list(islice(stream, read_ahead or BLOCK)):
            self.given += block
            for src, tgt in block:
                words = tgt.split(" ")[: self.cut]
                yield translation(src.split(" "), words, self.looks[: len(words)])


FORWARD = translation(["a", "b", "c"], ["A", "B", "C"], [0, 1, None])


def links_of(reverse: Reverse, method: str) -> list[tuple[int, int]]:
    (record,) = export_records([[FORWARD]], ExportSettings(symmetrize=method), reverse)  # type: ignore[arg-type]
    return record.links


def test_both_directions_by_hand() -> None:
    # forward 0-0 1-1; reverse: source word 0 looks at target 0, 1 at 2, 2 at nothing
    expected = {"intersection": [(0, 0)], "union": [(0, 0), (1, 1), (1, 2)], "grow-diag": [(0, 0), (1, 1), (1, 2)]}
    for method, links in expected.items():
        reverse = Reverse([0, 2, None])
        assert links_of(reverse, method) == links
        assert reverse.given == [("A B C", "a b c")]


def test_the_matrix_and_the_score_stay_those_of_the_run() -> None:
    (record,) = export_records([[FORWARD]], ExportSettings(), Reverse([0, 2, None]))  # type: ignore[arg-type]
    assert record.alignment.weights_TS.tolist() == FORWARD.weights_TS.tolist()
    assert record.alignment.score == -1.0


def test_n_best_lists() -> None:
    other = translation(["x"], ["X", "Y"], [0, 0])
    records = list(export_records([[FORWARD, FORWARD], [other]], ExportSettings()))
    assert [(record.id, record.rank) for record in records] == [(0, 1), (0, 2), (1, 1)]
    assert records[2].links == [(0, 0), (0, 1)]


def test_settings() -> None:
    settings = ExportSettings("piece", "threshold=0.5", "drop")
    (record,) = export_records([[FORWARD]], settings)
    assert (record.alignment.unit, record.alignment.eos, record.links) == ("piece", False, [(0, 0), (1, 1)])


def test_runs_that_cut_words_otherwise() -> None:
    with pytest.raises(UserError) as caught:
        links_of(Reverse([0, 0, 0], cut=2), "union")
    assert str(caught.value) == (
        "line 1: the reverse run cuts the pair into 2 and 3 words, this run into 3 and 3; both must cut text alike"
        " (data.tokenizer)"
    )


def test_a_sentence_too_long_for_the_other_run_has_no_links_of_it() -> None:
    words = [str(number) for number in range(MAX_PIECES + 5)]
    (record,) = export_records(
        [[translation(words, ["A"], [7])]],
        ExportSettings(symmetrize="union"),
        Reverse([0] * len(words), cut=MAX_PIECES),  # type: ignore[arg-type]
    )
    assert record.links == [(7, 0)]


def test_pieces_must_be_the_same() -> None:
    class Other(Reverse):
        def align(
            self, pairs: Iterable[tuple[str, str]], first: int = 1, read_ahead: int | None = None
        ) -> Iterator[Translation]:
            return (translation(["A", "B", "C"], ["x", "b", "c"], [0, 1, 2]) for _ in pairs)

    with pytest.raises(UserError, match="3 and 3 pieces, this run into 3 and 3; use --unit word$"):
        list(export_records([[FORWARD]], ExportSettings(unit="piece"), Other([])))  # type: ignore[arg-type]
    assert links_of(Other([]), "intersection") == [(0, 0), (1, 1)]


@pytest.mark.parametrize("read_ahead", [None, 1])
def test_only_a_block_of_translations_waits(read_ahead: int | None) -> None:
    made = 0

    def lines() -> Iterator[list[Translation]]:
        nonlocal made
        for _ in range(20):
            made += 1
            yield [FORWARD]

    reverse = Reverse([0, 1, 2])
    for number, _ in enumerate(export_records(lines(), ExportSettings(), reverse, 0, read_ahead)):  # type: ignore[arg-type]
        assert made - number <= (read_ahead or BLOCK)
    assert made == 20

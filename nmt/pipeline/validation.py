"""Validation during training: loss of the validation pairs, and BLEU of their translations."""

from __future__ import annotations

import math

from nmt.config.experiment import Experiment
from nmt.data.batch import collate
from nmt.data.batching import batches_by_length
from nmt.device import Compute
from nmt.evaluation.scores import bleu
from nmt.models.seq2seq import Seq2Seq
from nmt.pipeline.preparation import Prepared
from nmt.search.batch_limits import forced_limits
from nmt.training.validation import Validation, corpus_loss
from nmt.translator import Translator


class Validator:
    """Called with the model; draws nothing at random."""

    def __init__(self, experiment: Experiment, prepared: Prepared, compute: Compute) -> None:
        self.experiment, self.prepared = experiment, prepared
        self.compute = compute
        corpus = prepared.valid
        lengths = [max(len(src), len(tgt)) for src, tgt in zip(corpus.src, corpus.tgt, strict=True)]
        limits = forced_limits(experiment.search)
        order = batches_by_length(lengths, limits.sentences, limits.pieces)
        self.batches = [collate([corpus.src[i] for i in ids], [corpus.tgt[i] for i in ids], ids) for ids in order]

    def __call__(self, model: Seq2Seq) -> Validation:
        loss = corpus_loss(model, self.batches, self.compute.device, self.compute.precision == "bf16")
        search = self.experiment.search.model_copy(
            update={"beam_size": self.experiment.evaluation.valid_beam_size, "n_best": 1}
        )
        translator = Translator(model, self.prepared.tokenizers, search, self.compute)
        hypotheses = [found[0].text for found in translator.translate(src for src, _ in self.prepared.valid_pairs)]
        references = [reference for _, reference in self.prepared.valid_pairs]
        score = bleu(hypotheses, references, self.experiment.evaluation.bleu_tokenize)
        return Validation(loss, math.exp(min(loss, 700)), score.value, score.signature)

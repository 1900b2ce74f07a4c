"""bfloat16 compute: the same model, a little less precise. Weights stay float32, and so do the alignments."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn.functional import cosine_similarity

from nmt.attention.attention import AttentionConfig
from nmt.attention.coverage.neural import Neural
from nmt.attention.normalisers.sparsemax import Sparsemax
from nmt.attention.scorers.cosine import Cosine
from nmt.attention.scorers.scaled_dot import ScaledDot
from nmt.attention.windows.local_m import LocalM
from nmt.attention.windows.local_p import LocalP
from nmt.data.batch import collate
from nmt.decoders.bahdanau import Bahdanau
from nmt.decoders.conditional_gru import ConditionalGRU
from nmt.decoders.coverage import CoverageDecoder
from nmt.decoders.gnmt import GNMTDecoder
from nmt.decoders.luong import Luong
from nmt.decoders.plain import Plain
from nmt.decoders.transformer import Transformer
from nmt.device import Compute
from nmt.encoders.rnn import RNNEncoder
from nmt.encoders.transformer import TransformerEncoder
from nmt.models.config import EmbeddingConfig, ModelConfig
from nmt.models.seq2seq import Seq2Seq

LOCAL = AttentionConfig(scorer=Cosine.Config(), window=LocalP.Config(width=2), normaliser=Sparsemax.Config())
HEADS = AttentionConfig(scorer=ScaledDot.Config(), window=LocalM.Config(width=2), heads=4)
DECODERS = {
    "bahdanau": Bahdanau.Config(dim=16, maxout=12),
    "conditional gru": ConditionalGRU.Config(dim=16),
    "linguistic coverage": CoverageDecoder.Config(dim=16, maxout=12),
    "neural coverage": CoverageDecoder.Config(dim=16, maxout=12, coverage=Neural.Config(dim=3)),
    "gnmt": GNMTDecoder.Config(dim=12),
    "gnmt_v2": GNMTDecoder.Config(dim=12, wiring="gnmt_v2"),
    "bahdanau with several heads": Bahdanau.Config(dim=16, maxout=12, attention=HEADS),
    "luong": Luong.Config(dim=16, layers=2, attentional_dim=12),
    "luong with local attention": Luong.Config(dim=16, attentional_dim=12, attention=LOCAL),
    "luong without feeding": Luong.Config(cell="gru", dim=12, input_feeding=False),
    "plain": Plain.Config(cell="lstm", dim=16, every_step=True, maxout=12),
    "transformer": Transformer.Config(layers=2, dim=12, heads=2, ff_dim=24),
}
ENCODERS = {
    "gru": RNNEncoder.Config(cell="gru", dim=8),
    "lstm": RNNEncoder.Config(cell="lstm", dim=8),
    "transformer": TransformerEncoder.Config(layers=2, dim=16, heads=2, ff_dim=24),
}


@pytest.mark.parametrize("decoder", DECODERS.values(), ids=list(DECODERS))
@pytest.mark.parametrize("encoder", ENCODERS.values(), ids=list(ENCODERS))
def test_bf16_gives_nearly_the_same_loss_gradients_and_attention(decoder, encoder):
    config = ModelConfig(embedding=EmbeddingConfig(dim=12, tie="output"), encoder=encoder, decoder=decoder)
    model = Seq2Seq(config, src_vocab=20, tgt_vocab=20)
    batch = collate([[5, 6, 7], [8, 9], [10, 11, 12, 13, 14], [4]], [[5, 6], [7], [9, 9, 9, 9], [8]], [0, 1, 2, 3])
    results = []
    for precision in ("fp32", "bf16"):
        model.zero_grad()
        with Compute(torch.device("cpu"), precision).autocast():
            total = model.loss(batch, 0.1).total
            logprob_B = model.logprob(batch)
            with torch.no_grad():
                forced = model.force(batch)
                assert model.loss(batch, 0.1).total.item() == pytest.approx(total.item(), rel=1e-2)
            weights = model.force(batch).weights_BTS
        total.backward()
        gradient = torch.cat([parameter.grad.flatten() for parameter in model.parameters()])
        assert total.dtype == gradient.dtype == torch.float32
        torch.testing.assert_close(forced.logprob_BT.sum(1), logprob_B.detach(), rtol=2e-2, atol=2e-2)
        model.zero_grad()
        logprob_B.sum().backward()
        dlogprob = torch.cat([parameter.grad.flatten() for parameter in model.parameters()])
        results.append((total.item(), gradient, weights, logprob_B.detach(), dlogprob))
    (loss, gradient, weights, *scored), (loss_bf16, gradient_bf16, weights_bf16, *scored_bf16) = results
    torch.testing.assert_close(scored_bf16[0], scored[0], rtol=2e-2, atol=2e-2)
    assert cosine_similarity(scored[1], scored_bf16[1], 0).item() > 0.99
    assert loss_bf16 == pytest.approx(loss, rel=1e-2)
    assert loss_bf16 != loss
    assert cosine_similarity(gradient, gradient_bf16, 0).item() > 0.99
    if weights is not None:
        assert weights_bf16.dtype == torch.float32
        rows = weights_bf16.sum(-1).detach().numpy()
        np.testing.assert_allclose(rows, 1, atol=1e-5)
        np.testing.assert_allclose(weights_bf16.detach().numpy(), weights.detach().numpy(), atol=2e-2)

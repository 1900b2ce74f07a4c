"""Our Transformer layers against torch.nn.TransformerEncoderLayer and TransformerDecoderLayer, with gradients."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from nmt.decoders.transformer import DecoderLayer
from nmt.encoders.transformer import EncoderLayer
from nmt.nn.masks import length_mask
from nmt.nn.transformer_options import TransformerOptions

BATCH, SRC, TGT, DIM, HEADS, HIDDEN = 3, 5, 4, 6, 2, 7
ENCODER = {
    "attention": "self_attn",
    "attention_residual.norm": "norm1",
    "feed_forward.hidden": "linear1",
    "feed_forward.output": "linear2",
    "feed_forward_residual.norm": "norm2",
}
DECODER = {
    "self_attention": "self_attn",
    "self_residual.norm": "norm1",
    "cross_attention": "multihead_attn",
    "cross_residual.norm": "norm2",
    "feed_forward.hidden": "linear1",
    "feed_forward.output": "linear2",
    "feed_forward_residual.norm": "norm3",
}
"""Our modules and PyTorch's. Its attention has biases, which the paper has not; they stay at zero."""
each_norm = pytest.mark.parametrize("norm", ["pre", "post"])


def options(norm):
    return TransformerOptions(dim=DIM, heads=HEADS, ff_dim=HIDDEN, norm=norm)


def randomise(module):
    torch.manual_seed(2)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.normal_(0, 0.5)
    return module


def theirs_for(kind, norm):
    return kind(DIM, HEADS, HIDDEN, dropout=0.0, batch_first=True, norm_first=norm == "pre")


def pairs(ours, theirs, names):
    """(our parameter, PyTorch's, the rows of PyTorch's that it is)."""
    for mine, other in names.items():
        module, reference = ours.get_submodule(mine), theirs.get_submodule(other)
        if isinstance(reference, nn.MultiheadAttention):
            for row, part in enumerate((module.query, module.key, module.value)):
                yield part.weight, reference.in_proj_weight, slice(row * DIM, (row + 1) * DIM)
            yield module.output.weight, reference.out_proj.weight, slice(None)
        else:
            yield module.weight, reference.weight, slice(None)
            yield module.bias, reference.bias, slice(None)


@torch.no_grad()
def copy_weights(ours, theirs, names):
    copied = list(pairs(ours, theirs, names))
    assert len(copied) == len(list(ours.parameters()))
    for mine, other, rows in copied:
        other[rows] = mine
    for module in theirs.modules():
        if isinstance(module, nn.MultiheadAttention):
            module.in_proj_bias.zero_()
            module.out_proj.bias.zero_()


def assert_same_gradients(ours, theirs, names, left, right):
    """Of a random linear function of the outputs."""
    noise = torch.randn_like(left)
    (left * noise).sum().backward()
    (right * noise).sum().backward()
    for mine, other, rows in pairs(ours, theirs, names):
        close(mine.grad, other.grad[rows])


def close(left, right):
    torch.testing.assert_close(left, right, rtol=0, atol=1e-10)


@each_norm
def test_encoder_layer(norm):
    ours, theirs = randomise(EncoderLayer(options(norm))), theirs_for(nn.TransformerEncoderLayer, norm)
    copy_weights(ours, theirs, ENCODER)
    mask_BS = length_mask(torch.tensor([5, 1, 3]), SRC)
    x_BSD = torch.randn(BATCH, SRC, DIM)
    left, right = ours(x_BSD, mask_BS)[mask_BS], theirs(x_BSD, src_key_padding_mask=~mask_BS)[mask_BS]
    close(left, right)
    assert_same_gradients(ours, theirs, ENCODER, left, right)


@each_norm
def test_decoder_layer(norm):
    ours, theirs = randomise(DecoderLayer(options(norm), DIM)), theirs_for(nn.TransformerDecoderLayer, norm)
    copy_weights(ours, theirs, DECODER)
    mask_BS = length_mask(torch.tensor([5, 1, 3]), SRC)
    x_BTD, source_BSD = torch.randn(BATCH, TGT, DIM), torch.randn(BATCH, SRC, DIM)
    memory = ours.cross_attention.remember(source_BSD)
    heard_BTD, _ = ours.read_target(x_BTD, memory.first(0))
    heard_BTD, weights_BTS = ours.read_source(heard_BTD, memory, mask_BS)
    left = ours.transform(heard_BTD)

    seen = []
    theirs.multihead_attn.register_forward_hook(lambda module, inputs, output: seen.append(inputs))
    causal_TT = nn.Transformer.generate_square_subsequent_mask(TGT, dtype=torch.float64)
    padding_BS = torch.zeros(BATCH, SRC).masked_fill(~mask_BS, float("-inf"))
    right = theirs(x_BTD, source_BSD, tgt_mask=causal_TT, memory_key_padding_mask=padding_BS)
    close(left, right)
    _, expected_BTS = theirs.multihead_attn(*seen[0], key_padding_mask=padding_BS)
    close(weights_BTS, expected_BTS)
    assert_same_gradients(ours, theirs, DECODER, left, right)


def test_self_attention_a_word_at_a_time():
    """Four words at once, and one after the other with what is remembered of those before."""
    layer = randomise(DecoderLayer(options("pre"), DIM))
    x_BTD = torch.randn(BATCH, TGT, DIM)
    past = layer.self_attention.remember(x_BTD).first(0)
    together, _ = layer.read_target(x_BTD, past)
    for t in range(TGT):
        one, past = layer.read_target(x_BTD[:, t : t + 1], past)
        close(one, together[:, t : t + 1])
        assert past.keys_BGSW.shape == past.values_BGSW.shape == (BATCH, HEADS, t + 1, DIM // HEADS)

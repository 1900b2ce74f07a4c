"""Attention inside a recurrence under teacher forcing, without autograd: a forward and a backward pass by hand."""

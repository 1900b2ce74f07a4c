"""Search: from a model's steps to its best translations."""

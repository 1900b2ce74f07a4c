"""Compiled loops for a processor, built on first use where there is a compiler; PyTorch alone elsewhere."""

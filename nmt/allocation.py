"""How a process on Linux takes memory, and what of it stays taken."""

from __future__ import annotations

import ctypes
import os

KEPT = (("TRIM_THRESHOLD", -1, 2**31 - 1), ("TOP_PAD", -2, 2**26), ("MMAP_THRESHOLD", -3, 2**25))
"""Options of glibc's malloc by name and number (M_... of malloc.h), and the bytes they are set to. Pieces of 32 MB and
more are given back to Linux, as ever: glibc would seldom find them a place among what it keeps."""


def keep_few_shapes() -> None:
    """For translation, before its first product, unless the environment says otherwise.

    In bf16 oneDNN and PyTorch keep a megabyte or two for each shape of a product, by default of 1,024: memory that
    grows over ten thousands of sentences. Training, whose shapes come back, is a quarter slower with fewer.
    """
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "256")
    os.environ.setdefault("LRU_CACHE_CAPACITY", "64")


def take_large_pages() -> None:
    """Before the first tensor of a process, unless the environment says otherwise.

    Where Linux has pages of 2 MB, PyTorch then asks for them. Gradients and logits are given back and taken anew at
    every update, by ten thousand pages of 4 KB, which costs a tenth of the time.
    """
    os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")


def keep_memory() -> None:
    """For translation, unless the environment says otherwise: what a thread gives back stays with it.

    Logits and states of every step are as large as those before. Given back to Linux and taken anew they cost a tenth
    of a command on a thousand sentences; in training nothing is gained. Without glibc nothing happens.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        for name, number, size in KEPT:
            tuned = f"glibc.malloc.{name.lower()}=" in os.environ.get("GLIBC_TUNABLES", "")
            if not tuned and f"MALLOC_{name}_" not in os.environ:
                mallopt(number, size)

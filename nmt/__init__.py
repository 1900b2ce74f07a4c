"""nmt: attention-based neural machine translation with recurrent encoders, and the alignments it reads."""

__version__ = "0.1.0"

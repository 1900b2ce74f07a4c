"""Statistical word alignment by EM, which needs two texts and nothing else."""

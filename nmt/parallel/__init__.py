"""Several processes of one training: how they start, what they tell each other, how they end."""

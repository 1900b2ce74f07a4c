"""Training: updates, validation, checkpoints and what lets a killed run end like an undisturbed one."""

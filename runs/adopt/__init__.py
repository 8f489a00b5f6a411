"""Folders that a Trainer wrote elsewhere become runs: curves, arguments, checkpoints (docs/checkpoints.md)."""

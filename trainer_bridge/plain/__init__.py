"""Models that are no transformers: what the Trainer asks of a plain ``nn.Module``."""

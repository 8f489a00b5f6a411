"""Rules without code: a condition over what a run measures, and what follows when it comes true."""

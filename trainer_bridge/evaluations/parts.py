"""What of a run's data can be measured again; no training library is needed to know."""

#: The part, and the prefix of its metrics' names in the Trainer's logs.
PREFIXES = {"validation": "eval", "test": "test", "train": "eval_train"}

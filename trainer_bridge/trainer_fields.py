"""What the Trainer takes beside model, data and arguments: collator, callbacks, loss, metrics, optimizer.

No torch here.
"""

from trainer_bridge.titled import Rule, TitledField

TRAINER_FIELDS: tuple[TitledField, ...] = ()
TRAINER_RULES: tuple[Rule, ...] = ()

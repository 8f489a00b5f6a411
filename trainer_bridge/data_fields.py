"""The data a task recipe trains on: where it lies, which columns are used, how it is split. No torch here."""

from trainer_bridge.titled import Rule, TitledField

DATA_FIELDS: tuple[TitledField, ...] = ()
DATA_RULES: tuple[Rule, ...] = ()

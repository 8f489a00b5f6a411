"""The model a task recipe trains: where it comes from and what is changed about it. No torch here."""

from trainer_bridge.titled import Rule, TitledField

MODEL_FIELDS: tuple[TitledField, ...] = ()
MODEL_RULES: tuple[Rule, ...] = ()

"""The model that a person chose for a task recipe, made when the recipe asks for it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from trainer_bridge.model_fields import MODEL_FIELDS
from trainer_bridge.model_source import processing_place

_DEFAULTS = {field.name: field.default for field in MODEL_FIELDS}


@dataclass(frozen=True)
class ModelChoice:
    """``values``: the group "model" of a spec (see model_fields.py); what is missing has its field's default.

    New weights depend on torch's seed alone, whatever random numbers were drawn since it was set: all trials of a sweep
    with one seed begin alike. Methods raise SpecProblem, which names the field, where it cannot be made true here.
    """

    values: Mapping[str, Any]

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", _DEFAULTS | dict(self.values))

    @property
    def is_new(self) -> bool:
        """Whether the weights are new, so that nothing but the recipe says what goes in and comes out."""
        return bool(self.values["source"] == "config")

    def build(self, auto_class: str, tokenizer: Any = None, **config: Any) -> Any:
        """A model with the head of ``auto_class`` ("AutoModelForSequenceClassification").

        ``config`` is what the recipe must set; ``tokenizer`` gives a new model its vocabulary and token ids. Of a
        model that exists already only the labels are changed (num_labels, id2label, label2id, problem_type); its
        sizes and token ids stay its own.
        """
        import torch

        from trainer_bridge.lora import with_lora
        from trainer_bridge.model_build import new_model, saved_model, with_frozen

        torch.manual_seed(torch.initial_seed())
        make = new_model if self.is_new else saved_model
        model = with_frozen(make(self.values, auto_class, config, tokenizer), self.values["freeze"])
        return with_lora(model, auto_class, self.values) if self.values["lora"] else model

    def tokenizer(self, train_on: Iterable[str] | None = None, **kwargs: Any) -> Any:
        """The one a person names, or the model's own; for new weights one that is trained on the texts ``train_on``.

        ``kwargs`` go to it ("model_max_length"). Raises ValueError for new weights without texts.
        """
        from trainer_bridge.processing import saved_tokenizer, train_tokenizer

        if place := processing_place(self.values):
            return saved_tokenizer(place, kwargs)
        if train_on is None:
            raise ValueError("A new model has no tokenizer: the recipe gives it no texts to learn one from.")
        return train_tokenizer(train_on, self.values["architecture"], self.values["vocab_size"], kwargs)

    def image_processor(self, **defaults: Any) -> Any:
        """The one a person names, or the model's own; for new weights one made of ``defaults`` ("size")."""
        from trainer_bridge.processing import new_image_processor, saved_processor

        if place := processing_place(self.values):
            return saved_processor(place, "AutoImageProcessor")
        return new_image_processor(defaults)

    def feature_extractor(self, **defaults: Any) -> Any:
        """The one a person names, or the model's own; for new weights one made of ``defaults`` ("sampling_rate")."""
        from trainer_bridge.processing import new_feature_extractor, saved_processor

        if place := processing_place(self.values):
            return saved_processor(place, "AutoFeatureExtractor")
        return new_feature_extractor(defaults)

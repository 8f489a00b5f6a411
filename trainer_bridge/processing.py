"""What turns texts, images and sounds into a model's inputs: read from the model's place, or made here."""

from collections.abc import Iterable, Mapping
from typing import Any

from trainer_bridge.architectures import DECODERS, SEQ2SEQ, WITH_TOKEN_TYPES
from trainer_bridge.model_source import Place, loading

#: Marks of an encoder's tokenizer, in the order of their ids: padding is 0.
_ENCODER = {
    "pad_token": "[PAD]",
    "unk_token": "[UNK]",
    "cls_token": "[CLS]",
    "sep_token": "[SEP]",
    "mask_token": "[MASK]",
}
_GENERATOR = {"pad_token": "<pad>", "eos_token": "</s>", "bos_token": "<s>"}


def saved_tokenizer(place: Place, kwargs: Mapping[str, Any]) -> Any:
    """The tokenizer of a place, with a padding token in any case (GPT-2 has none: its end serves)."""
    tokenizer = saved_processor(place, "AutoTokenizer", **kwargs)
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def saved_processor(place: Place, auto_class: str, **kwargs: Any) -> Any:
    """What ``auto_class`` finds at a place. Raises SpecProblem where there is none."""
    import transformers

    path, options = place.arguments()
    with loading(place):
        return getattr(transformers, auto_class).from_pretrained(path, **options, **kwargs)


def train_tokenizer(
    texts: Iterable[str], architecture: str, vocab_size: int, kwargs: Mapping[str, Any]
) -> Any:
    """A tokenizer of byte pairs learned from ``texts``: every text of every script can be written with it.

    It has the marks that the architecture's kind needs: an encoder's [CLS] and [SEP], a decoder's end of text.
    """
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    marks = _GENERATOR if architecture in DECODERS | SEQ2SEQ else _ENCODER
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(
        texts,
        trainers.BpeTrainer(
            vocab_size=vocab_size,
            special_tokens=list(marks.values()),
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        ),
    )
    if template := _template(architecture):
        tokenizer.post_processor = processors.TemplateProcessing(
            **template, special_tokens=[(mark, tokenizer.token_to_id(mark)) for mark in marks.values()]
        )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, model_input_names=_inputs(architecture), **marks, **kwargs
    )


def new_image_processor(defaults: Mapping[str, Any]) -> Any:
    """A processor that scales images and normalises their channels to −1…1, with ``defaults`` on top."""
    import transformers
    from transformers.utils import is_torchvision_available

    # Both are saved under the first name; without torchvision it would warn and take the second.
    name = "ViTImageProcessor" if is_torchvision_available() else "ViTImageProcessorPil"
    return getattr(transformers, name)(**defaults)


def new_feature_extractor(defaults: Mapping[str, Any]) -> Any:
    """A processor of raw sound, one channel, normalised to mean 0 and deviation 1, with ``defaults`` on top."""
    from transformers import Wav2Vec2FeatureExtractor

    return Wav2Vec2FeatureExtractor(**{"return_attention_mask": True, **defaults})


def _template(architecture: str) -> dict[str, str] | None:
    """Which marks are put around a text, and around a pair of texts; decoders get none."""
    if architecture in DECODERS:
        return None
    if architecture in SEQ2SEQ:
        return {"single": "$A </s>", "pair": "$A </s> $B </s>"}
    second = ":1" if architecture in WITH_TOKEN_TYPES else ""
    return {"single": "[CLS] $A [SEP]", "pair": f"[CLS] $A [SEP] $B{second} [SEP]{second}"}


def _inputs(architecture: str) -> list[str]:
    names = ["input_ids", "attention_mask"]
    return [*names, "token_type_ids"] if architecture in WITH_TOKEN_TYPES else names

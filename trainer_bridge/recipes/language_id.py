"""Which language is this? Short texts from the translations that Django installs."""

import re
import struct
import unicodedata
from collections import Counter
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any

from trainer_bridge.recipes import Help, TrainerParts, recipe

#: Locale folder → label, the first ones easy to tell apart, close relatives (nb and da, cs and sk) further on.
LANGUAGES = {
    "en": "English",
    "de": "German",
    "fr": "French",
    "es": "Spanish",
    "it": "Italian",
    "pl": "Polish",
    "tr": "Turkish",
    "ru": "Russian",
    "el": "Greek",
    "ar": "Arabic",
    "hi": "Hindi",
    "ja": "Japanese",
    "ko": "Korean",
    "zh_Hans": "Chinese",
    "fi": "Finnish",
    "nl": "Dutch",
    "pt": "Portuguese",
    "sv": "Swedish",
    "uk": "Ukrainian",
    "cs": "Czech",
    "da": "Danish",
    "nb": "Norwegian",
    "sk": "Slovak",
    "et": "Estonian",
    "bg": "Bulgarian",
    "fa": "Persian",
    "ro": "Romanian",
    "hu": "Hungarian",
    "id": "Indonesian",
    "lt": "Lithuanian",
    "lv": "Latvian",
    "ca": "Catalan",
    "gl": "Galician",
    "hr": "Croatian",
    "sl": "Slovenian",
    "sr": "Serbian",
}
#: What says nothing about the language: format fields, tags, entities, numbers.
_NOT_TEXT = re.compile(r"%(\(\w+\))?[.\d]*[a-z]|\{[^}]*\}|<[^>]*>|&\w+;|\d+")
_SHORTEST = 8
PADDING = "[PAD]"


@recipe(
    name="language-id",
    title="Language identification",
    task="text classification",
    description="""
        Tells languages apart from a few words, on the interface texts that Django is translated into, with a small
        BERT from scratch and a tokenizer trained on the spot.
    """,
    arguments={
        "num_train_epochs": 6,
        "per_device_train_batch_size": 64,
        "per_device_eval_batch_size": 256,
        "learning_rate": 3e-3,
        "lr_scheduler_type": "cosine",
        "warmup_steps": 0.1,
        "weight_decay": 0.05,
        "logging_steps": 10,
        "eval_strategy": "epoch",
        "save_strategy": "epoch",
        "save_total_limit": 2,
    },
    objective="eval/accuracy",
    greater_is_better=True,
    estimate="≈ 25 s, CPU",
)
def language_id(
    *,
    languages: Annotated[int, Help("How many languages.", minimum=2, maximum=len(LANGUAGES))] = 20,
    vocab_size: Annotated[int, Help("Pieces the tokenizer learns.", minimum=500, maximum=30_000)] = 3000,
    hidden_size: Annotated[int, Help("Width of the model.", minimum=4, maximum=512, multiple_of=4)] = 64,
    num_hidden_layers: Annotated[int, Help("Transformer layers.", minimum=1, maximum=12)] = 1,
    dropout: Annotated[float, Help("Dropout in every layer.", minimum=0, maximum=0.9)] = 0.2,
    max_length: Annotated[int, Help("Longest text, in pieces.", minimum=8, maximum=256)] = 32,
    seed: int,
) -> TrainerParts:
    """Read the texts, train the tokenizer on the training split alone, build a BERT classifier."""
    from transformers import BertConfig, BertForSequenceClassification

    codes = list(LANGUAGES)[:languages]
    splits = split_texts(texts_by_language(codes))
    tokenizer = train_tokenizer([text for text, _ in splits["train"]], vocab_size, max_length)
    labels = {number: LANGUAGES[code] for number, code in enumerate(codes)}
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=hidden_size,
        intermediate_size=2 * hidden_size,
        num_hidden_layers=num_hidden_layers,
        num_attention_heads=4,
        hidden_dropout_prob=dropout,
        attention_probs_dropout_prob=dropout,
        initializer_range=0.1,  # the usual 0.02 suits models ten times as wide; a narrow one starts slowly with it
        max_position_embeddings=max_length,
        pad_token_id=tokenizer.pad_token_id,
        id2label=labels,
        label2id={name: number for number, name in labels.items()},
    )
    train, validation, test = (encode(splits[name], tokenizer) for name in ("train", "validation", "test"))
    return TrainerParts(
        model=BertForSequenceClassification(config),
        train_dataset=train,
        eval_dataset=validation,
        test_dataset=test,
        processing_class=tokenizer,  # pads each batch to its longest text
        compute_metrics=accuracy_and_f1,
        accepts_loss_kwargs=False,  # the BERT head has a plain cross-entropy
        notes={"languages": [LANGUAGES[code] for code in codes]} | {n: len(s) for n, s in splits.items()},
    )


def texts_by_language(codes: list[str]) -> dict[str, list[str]]:
    """Locale code → its distinct texts, sorted; a text that stands in several languages is left out."""
    found = {code: set(_texts(code)) for code in codes}
    owners = Counter(text for texts in found.values() for text in texts)
    return {code: sorted(text for text in texts if owners[text] == 1) for code, texts in found.items()}


def split_texts(texts: dict[str, list[str]]) -> dict[str, list[tuple[str, int]]]:
    """(text, label) in train, validation and test, 70 : 15 : 15, each language in equal shares.

    The seed of the splits is fixed, so runs with different seeds are measured on the same texts.
    """
    from sklearn.model_selection import train_test_split

    items = [(text, number) for number, of_one in enumerate(texts.values()) for text in of_one]
    labels = [number for _, number in items]
    train, rest = train_test_split(items, test_size=0.3, stratify=labels, random_state=0)
    labels = [number for _, number in rest]
    validation, test = train_test_split(rest, test_size=0.5, stratify=labels, random_state=0)
    return {"train": train, "validation": validation, "test": test}


def train_tokenizer(texts: list[str], vocab_size: int, max_length: int) -> Any:
    """A tokenizer of byte pairs: every text of every script can be written with it, nothing is unknown."""
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        special_tokens=[PADDING],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=max_length, pad_token=PADDING)


def encode(items: list[tuple[str, int]], tokenizer: Any) -> list[dict[str, Any]]:
    """Items as the model takes them; padding is left to the collator."""
    encoded = tokenizer([text for text, _ in items], truncation=True)
    return [
        {"input_ids": ids, "attention_mask": mask, "labels": label}
        for ids, mask, (_, label) in zip(encoded["input_ids"], encoded["attention_mask"], items, strict=True)
    ]


def accuracy_and_f1(prediction: Any) -> dict[str, float]:
    """Share of right answers, and F1 averaged over languages; ``predictions`` are logits (samples, languages)."""
    from sklearn.metrics import f1_score

    answers = prediction.predictions.argmax(-1)
    return {
        "accuracy": float((answers == prediction.label_ids).mean()),
        "f1": float(f1_score(prediction.label_ids, answers, average="macro")),
    }


def _texts(code: str) -> Iterator[str]:
    """The cleaned texts of one locale in all of Django's catalogues; English stands in their sources."""
    # Only where the package lies is asked: Django itself is not imported.
    package = find_spec("django")
    if package is None or not package.submodule_search_locations:
        raise RuntimeError(
            "The recipe language-id reads the translations of Django, which is not installed here."
        )
    folder = "de" if code == "en" else code
    for path in sorted(Path(package.submodule_search_locations[0]).glob(f"**/locale/{folder}/**/*.mo")):
        for source, translation in _catalogue(path):
            text = _NOT_TEXT.sub(" ", source if code == "en" else translation)
            text = " ".join(unicodedata.normalize("NFKC", text).lower().split())
            if len(text) >= _SHORTEST and (code == "en" or source != translation):
                yield text


def _catalogue(path: Path) -> Iterator[tuple[str, str]]:
    """Source text and translation of every message in a compiled gettext catalogue; of plurals, the first form."""
    data = path.read_bytes()
    count, sources, translations = struct.unpack_from("<3I", data, 8)
    for number in range(1, count):  # message 0 is the header
        source = _message(data, sources + 8 * number).rpartition("\x04")[2]  # a context stands before \x04
        yield source, _message(data, translations + 8 * number)


def _message(data: bytes, place: int) -> str:
    length, start = struct.unpack_from("<2I", data, place)
    return data[start : start + length].decode().partition("\0")[0]

"""Which language is this? Short texts from the translations that Django installs."""

from typing import Annotated, Any

from trainer_bridge.example_data._splits import stratified
from trainer_bridge.example_data.translations import LANGUAGES, texts_by_language
from trainer_bridge.recipes import Help, TrainerParts, recipe

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


def split_texts(texts: dict[str, list[str]]) -> dict[str, list[tuple[str, int]]]:
    """(text, label) in train, validation and test, 70 : 15 : 15, each language in equal shares.

    The seed of the splits is fixed, so runs with different seeds are measured on the same texts.
    """
    items = [(text, number) for number, of_one in enumerate(texts.values()) for text in of_one]
    return stratified(items, [number for _, number in items])


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

"""A text written from a text: translating, summing up, rewriting."""

from typing import Annotated, Any

from trainer_bridge.data_choice import Column, DataChoice
from trainer_bridge.losses import CrossEntropy
from trainer_bridge.metrics.generation import generation
from trainer_bridge.model_choice import ModelChoice
from trainer_bridge.recipes import Help, TrainerParts, recipe
from trainer_bridge.tasks import defaults, rows

NEEDS = {"source": Column("text"), "target": Column("text")}


@recipe(
    name="seq2seq",
    title="Sequence to sequence",
    task="sequence to sequence",
    description="""
        Writes a text from a text: translates, sums up, rewrites. Example: Serbian words from Cyrillic into Latin
        letters.
    """,
    arguments={
        **defaults.ARGUMENTS,
        "num_train_epochs": 30,
        "per_device_train_batch_size": 16,
        "weight_decay": 0.01,
        "predict_with_generate": True,
        "generation_max_length": 64,
    },
    settings={
        "data.source": "example:serbian-letters",
        "model.architecture": "bart",
        "model.vocab_size": 300,
    },
    objective="eval/exact_match",
    greater_is_better=True,
    estimate="≈ 60 s, CPU",
)
def seq2seq(
    *,
    model: ModelChoice,
    data: DataChoice,
    prefix: Annotated[
        str | None, Help("Stands before every source, as T5 knows it: “translate English to German: ”.")
    ] = None,
    max_source_length: Annotated[int, Help("Longest source, in tokens.", minimum=4, maximum=8192)] = 64,
    max_target_length: Annotated[int, Help("Longest target, in tokens.", minimum=4, maximum=8192)] = 64,
    seed: int,
) -> TrainerParts:
    """Encode both texts; in evaluations the model writes the target itself."""
    from transformers import DataCollatorForSeq2Seq

    splits = data.load(NEEDS)
    tokenizer = model.tokenizer(rows.texts(splits.train, "source", "target"))
    built = model.build("AutoModelForSeq2SeqLM", tokenizer=tokenizer)
    built.generation_config.max_length = max_target_length

    def encode(batch: rows.Batch) -> dict[str, list[Any]]:
        sources = [(prefix or "") + text for text in batch["source"]]
        encoded = tokenizer(sources, truncation=True, max_length=max_source_length)
        targets = tokenizer(text_target=batch["target"], truncation=True, max_length=max_target_length)
        return {**encoded, "labels": targets["input_ids"]}

    splits = rows.prepared(splits, encode)
    measures = generation(tokenizer)
    return TrainerParts(
        model=built,
        train_dataset=splits.train,
        eval_dataset=splits.evaluation,
        test_dataset=splits.test,
        data_collator=DataCollatorForSeq2Seq(tokenizer, model=built),
        processing_class=tokenizer,
        compute_metrics=measures.compute,
        preprocess_logits_for_metrics=measures.keep,
        compute_loss_func=CrossEntropy(),
        accepts_loss_kwargs=False,
        notes=splits.notes,
    )

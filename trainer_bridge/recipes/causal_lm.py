"""A language model that goes on writing a text."""

from typing import Annotated

from trainer_bridge.data_choice import Column, DataChoice
from trainer_bridge.losses import CrossEntropy
from trainer_bridge.metrics import language
from trainer_bridge.model_choice import ModelChoice
from trainer_bridge.recipes import Help, TrainerParts, recipe
from trainer_bridge.tasks import defaults, rows
from trainer_bridge.tasks.blocks import block_encoder


@recipe(
    name="causal-lm",
    title="Causal language model",
    task="causal language model",
    description="""
        Learns to go on writing a text, token by token. Example: Python's reference manual and the documentation
        strings of its standard library.
    """,
    arguments={
        **defaults.ARGUMENTS,
        "num_train_epochs": 3,
        "per_device_train_batch_size": 16,
        "learning_rate": 3e-3,
        "warmup_steps": 0.05,
        "weight_decay": 0.1,
    },
    settings={"data.source": "example:python-docs", "model.architecture": "llama"},
    objective="eval/perplexity",
    greater_is_better=False,
    estimate="≈ 40 s, CPU",
)
def causal_lm(
    *,
    model: ModelChoice,
    data: DataChoice,
    block_size: Annotated[int, Help("Tokens the model sees at once.", minimum=8, maximum=8192)] = 128,
    seed: int,
) -> TrainerParts:
    """Join the texts, each ended by its mark, and cut them into blocks of one size."""
    from transformers import default_data_collator

    splits = data.load({"text": Column("text")})
    tokenizer = model.tokenizer(rows.texts(splits.train, "text"))
    built = model.build("AutoModelForCausalLM", tokenizer=tokenizer)
    splits = rows.prepared(splits, block_encoder(tokenizer, rows.longest(block_size, tokenizer, built)))
    measures = language.next_token()
    return TrainerParts(
        model=built,
        train_dataset=splits.train,
        eval_dataset=splits.evaluation,
        test_dataset=splits.test,
        data_collator=default_data_collator,
        processing_class=tokenizer,
        compute_metrics=measures.compute,
        preprocess_logits_for_metrics=measures.keep,
        compute_loss_func=CrossEntropy(shifted=True),
        accepts_loss_kwargs=False,
        notes=splits.notes,
    )

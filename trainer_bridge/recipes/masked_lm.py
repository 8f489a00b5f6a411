"""A language model that fills in what is hidden in a text."""

from typing import Annotated

from trainer_bridge.data_choice import Column, DataChoice
from trainer_bridge.losses import CrossEntropy
from trainer_bridge.metrics import language
from trainer_bridge.model_choice import ModelChoice
from trainer_bridge.recipes import Help, TrainerParts, recipe
from trainer_bridge.tasks import defaults, rows
from trainer_bridge.tasks.masking import Masking


@recipe(
    name="masked-lm",
    title="Masked language model",
    task="masked language model",
    description="""
        Learns to fill in tokens that are hidden in a text. Example: Python's reference manual and the documentation
        strings of its standard library.
    """,
    arguments={**defaults.ARGUMENTS, "num_train_epochs": 2, "learning_rate": 3e-3},
    settings={"data.source": "example:python-docs"},
    objective="eval/perplexity",
    greater_is_better=False,
)
def masked_lm(
    *,
    model: ModelChoice,
    data: DataChoice,
    max_length: Annotated[int, Help("Longest text, in tokens.", minimum=8, maximum=8192)] = 128,
    mlm_probability: Annotated[
        float, Help("Share of the tokens that are hidden.", minimum=0.01, maximum=0.9)
    ] = 0.15,
    seed: int,
) -> TrainerParts:
    """Hide other tokens each time a text is learned from, and always the same ones where it is measured."""
    splits = data.load({"text": Column("text")})
    tokenizer = model.tokenizer(rows.texts(splits.train, "text"))
    built = model.build("AutoModelForMaskedLM", tokenizer=tokenizer)
    splits = rows.prepared(splits, rows.text_encoder(tokenizer, built, max_length))
    masking = Masking(tokenizer, mlm_probability)
    splits = masking.hide_for_good(splits)
    measures = language.masked_token()
    return TrainerParts(
        model=built,
        train_dataset=splits.train,
        eval_dataset=splits.evaluation,
        test_dataset=splits.test,
        data_collator=masking,
        processing_class=tokenizer,
        compute_metrics=measures.compute,
        preprocess_logits_for_metrics=measures.keep,
        compute_loss_func=CrossEntropy(),
        accepts_loss_kwargs=False,
        notes=splits.notes,
    )

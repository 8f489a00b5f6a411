"""Questions answered by a piece of a given text."""

from typing import Annotated

from trainer_bridge.data_choice import Column, DataChoice
from trainer_bridge.metrics.questions import spans
from trainer_bridge.model_choice import ModelChoice
from trainer_bridge.recipes import Help, TrainerParts, recipe
from trainer_bridge.tasks import defaults, rows
from trainer_bridge.tasks.spans import span_encoder

NEEDS = {"question": Column("text"), "context": Column("text"), "answers": Column("answers")}


@recipe(
    name="question-answering",
    title="Question answering",
    task="extractive question answering",
    description="""
        Answers a question with a piece of a given text. Example: questions about short Python functions, such as
        what one returns or which exception it raises.
    """,
    arguments={**defaults.ARGUMENTS, "num_train_epochs": 4, "include_for_metrics": ["inputs"]},
    settings={"data.source": "example:code-questions"},
    objective="eval/exact_match",
    greater_is_better=True,
    estimate="≈ 45 s, CPU",
)
def question_answering(
    *,
    model: ModelChoice,
    data: DataChoice,
    max_length: Annotated[int, Help("Question and text together, in tokens.", minimum=16, maximum=8192)] = 96,
    doc_stride: Annotated[
        int, Help("Tokens that two windows of a text longer than that share.", minimum=0, maximum=4096)
    ] = 32,
    seed: int,
) -> TrainerParts:
    """Cut long texts into windows; the model points at the first and the last token of the answer."""
    splits = data.load(NEEDS)
    tokenizer = model.tokenizer(rows.texts(splits.train, "question", "context"))
    built = model.build("AutoModelForQuestionAnswering", tokenizer=tokenizer)
    length = rows.longest(max_length, tokenizer, built)
    splits = rows.prepared(splits, span_encoder(tokenizer, length, min(doc_stride, length // 2)))
    measures = spans(tokenizer)
    return TrainerParts(
        model=built,
        train_dataset=splits.train,
        eval_dataset=splits.evaluation,
        test_dataset=splits.test,
        processing_class=tokenizer,
        compute_metrics=measures.compute,
        preprocess_logits_for_metrics=measures.keep,
        accepts_loss_kwargs=False,  # one span a row: the mean of equal batches' means is the mean of all
        notes=splits.notes,
    )

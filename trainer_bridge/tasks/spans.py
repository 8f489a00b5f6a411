"""Questions and texts as windows of tokens, with the answer's first and last token."""

from typing import Any

from trainer_bridge.tasks.rows import Batch, Encode


def span_encoder(tokenizer: Any, length: int, stride: int) -> Encode:
    """Encodes "question" and "context" in windows of ``length`` tokens, neighbours sharing ``stride``.

    A window that does not hold the whole answer, and a question without one, point at the first token.
    """
    # A question may fill half a window at most, or a text would have no room to be cut into windows.
    question_length, shared = length // 2, min(stride, length // 4)

    def encode(batch: Batch) -> dict[str, list[Any]]:
        questions = [_shortened(tokenizer, question, question_length) for question in batch["question"]]
        encoded = tokenizer(
            questions,
            batch["context"],
            truncation="only_second",
            max_length=length,
            stride=shared,
            # Heads take the softmax over padding too: only with one length is a row's loss its own.
            padding="max_length",
            return_overflowing_tokens=True,
            return_offsets_mapping=True,
        )
        rows = encoded.pop("overflow_to_sample_mapping")
        offsets = encoded.pop("offset_mapping")
        spans = [
            _tokens(
                answer_place(batch["answers"][row], batch["context"][row]),
                offsets[window],
                encoded.sequence_ids(window),
            )
            for window, row in enumerate(rows)
        ]
        return {
            **encoded,
            "start_positions": [first for first, _ in spans],
            "end_positions": [last for _, last in spans],
        }

    return encode


def answer_place(answers: Any, context: str) -> tuple[int, int] | None:
    """Where in the text the first answer begins and ends; None where there is none.

    ``answers`` is a text, or as in SQuAD {"text": [...], "answer_start": [...]}.
    """
    if isinstance(answers, str):
        start, text = context.find(answers), answers
    elif not answers or not answers["text"]:
        return None
    else:
        start, text = answers["answer_start"][0], answers["text"][0]
    return (start, start + len(text)) if text and start >= 0 else None


def _tokens(
    place: tuple[int, int] | None, offsets: list[tuple[int, int]], parts: list[int | None]
) -> tuple[int, int]:
    """First and last token of the text (part 1) that the answer's characters lie in; (0, 0) without it."""
    if place is None:
        return 0, 0
    begin, end = place
    inside = [
        number
        for number, ((first, last), part) in enumerate(zip(offsets, parts, strict=True))
        if part == 1 and first < end and last > begin
    ]
    whole = inside and offsets[inside[0]][0] <= begin and offsets[inside[-1]][1] >= end
    return (inside[0], inside[-1]) if whole else (0, 0)


def _shortened(tokenizer: Any, text: str, length: int) -> str:
    """A text cut after so many tokens."""
    offsets = tokenizer(
        text, add_special_tokens=False, truncation=True, max_length=length, return_offsets_mapping=True
    )["offset_mapping"]
    return text[: offsets[-1][1]] if offsets else text

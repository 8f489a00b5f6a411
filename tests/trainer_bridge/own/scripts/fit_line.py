#!/usr/bin/env python
"""
Fitting a line to points, with a regularizer of the person's choice.

Laid out like the example scripts of transformers: arguments of the model, of the data and of the Trainer.
"""

import logging
import os
import sys
from dataclasses import dataclass, field
from enum import Enum
from typing import Literal

import torch
from torch import nn
from transformers import HfArgumentParser, Trainer, TrainingArguments, set_seed

logger = logging.getLogger(__name__)


class Shape(Enum):
    LINE = "line"
    PARABOLA = "parabola"


@dataclass
class ModelArguments:
    """Arguments pertaining to the model."""

    regularizer: Literal["none", "l1", "l2"] = field(
        default="none", metadata={"help": "What keeps weights small."}
    )
    start: float = field(default=0.0, metadata={"help": "Where both weights start."})
    bias: bool = field(default=True, metadata={"help": "Whether the line may leave the origin."})
    model_name_or_path: str | None = field(default=None, metadata={"help": "A checkpoint to start from."})


@dataclass
class DataArguments:
    """Arguments pertaining to the data."""

    points: int = field(default=32, metadata={"help": "How many points there are."})
    shape: Shape = field(default=Shape.LINE, metadata={"help": "What the points lie on."})
    truth: list[float] = field(default_factory=lambda: [2.0, 1.0], metadata={"help": "Slope and offset."})
    notes: dict | None = field(default=None, metadata={"help": "Anything, as JSON."})
    max_eval_samples: int | None = field(default=None, metadata={"help": "For debugging: fewer samples."})


class Line(nn.Module):
    def __init__(self, start: float, bias: bool, regularizer: str):
        super().__init__()
        self.a = nn.Parameter(torch.tensor(start))
        self.b = nn.Parameter(torch.tensor(start), requires_grad=bias)
        self.regularizer = regularizer

    def forward(self, x, labels=None):
        logits = self.a * x + self.b
        loss = ((logits - labels) ** 2).mean()
        if self.regularizer == "l1":
            loss = loss + 0.1 * self.a.abs()
        elif self.regularizer == "l2":
            loss = loss + 0.1 * self.a**2
        return {"loss": loss, "logits": logits}


def main():
    parser = HfArgumentParser((ModelArguments, DataArguments, TrainingArguments))
    if len(sys.argv) == 2 and sys.argv[1].endswith(".json"):
        # If the only argument is the path to a json file, it holds all arguments.
        model_args, data_args, training_args = parser.parse_json_file(json_file=os.path.abspath(sys.argv[1]))
    else:
        model_args, data_args, training_args = parser.parse_args_into_dataclasses()

    logging.basicConfig(handlers=[logging.StreamHandler(sys.stdout)], level=logging.INFO)
    logger.info(f"shape {data_args.shape}, truth {data_args.truth}, notes {data_args.notes}")
    set_seed(training_args.seed)

    slope, offset = data_args.truth
    power = 2 if data_args.shape == Shape.PARABOLA or data_args.shape == "parabola" else 1
    xs = [i / data_args.points for i in range(data_args.points)]
    data = [{"x": torch.tensor(x), "labels": torch.tensor(slope * x**power + offset)} for x in xs]

    trainer = Trainer(
        model=Line(model_args.start, model_args.bias, model_args.regularizer),
        args=training_args,
        train_dataset=data,
        eval_dataset=data[: data_args.max_eval_samples],
    )

    if training_args.do_train:
        checkpoint = training_args.resume_from_checkpoint
        result = trainer.train(resume_from_checkpoint=checkpoint)
        trainer.save_model()
        print(
            f"a {trainer.model.a.item():.3f} b {trainer.model.b.item():.3f} loss {result.training_loss:.4f}"
        )
    if training_args.do_eval:
        metrics = trainer.evaluate()
        trainer.log_metrics("eval", metrics)
        trainer.save_metrics("eval", metrics)


if __name__ == "__main__":
    main()

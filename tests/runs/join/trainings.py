"""Trainings that tests start as a person would, and what the server has of them."""

import json
import os
import subprocess
import sys
import urllib.request

from django.conf import settings

from runs import series
from runs.models import ConsoleBlock

SCRIPT = """
import sys
import torch
from transformers import Trainer, TrainingArguments


class Line(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.line = torch.nn.Linear(1, 1)

    def forward(self, x, labels=None):
        y = self.line(x)
        return {"loss": ((y - labels) ** 2).mean(), "logits": y}


def trainer(folder, **options):
    data = [{"x": torch.tensor([float(i)]), "labels": torch.tensor([2.0 * i])} for i in range(8)]
    callbacks = options.pop("callbacks", None)
    args = TrainingArguments(
        folder, max_steps=5, logging_steps=1, learning_rate=0.01, use_cpu=True, disable_tqdm=True, **options
    )
    return Trainer(Line(), args, train_dataset=data, eval_dataset=data, callbacks=callbacks)


if __name__ == "__main__":
    print("arguments", sys.argv[1:])
    for number in range(2):
        trainer("out", save_strategy="no").train()
    sys.exit(3)
"""


def python(code, *, env=None, cwd=None, **options):
    """A training process of its own, with this checkout on its path."""
    environment = os.environ | {"PYTHONPATH": str(settings.BASE_DIR), "OMP_NUM_THREADS": "1"} | (env or {})
    command = [sys.executable, *(["-c", code] if isinstance(code, str) else code)]
    return subprocess.Popen(
        command,
        env=environment,
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


def points(run, key):
    (found,) = series.read([run.pk], [key], max_points=10_000)
    return dict(zip(found.step.tolist(), found.y.tolist(), strict=True))


def lines(run):
    return [
        text for block in ConsoleBlock.objects.filter(run=run).order_by("first") for _, _, text in block.lines
    ]


def command(web, token, run_id, kind, **args):
    request = urllib.request.Request(
        f"{web.url}/api/v1/runs/{run_id}/commands",
        json.dumps({"kind": kind, "args": args}).encode(),
        {"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    urllib.request.urlopen(request, timeout=10).close()

"""A language model that writes Python, byte by byte, from the standard library's own sources."""

import math
import sysconfig
import zlib
from pathlib import Path
from typing import Annotated, Any

from trainer_bridge.recipes import Help, TrainerParts, recipe

#: Of every 20 files, one is for validation and one for the test.
_FILES_IN_TURN = 20
#: Blocks measured at most in one evaluation, so that it stays short beside the training.
_MEASURED_BLOCKS = 200


@recipe(
    name="stdlib-lm",
    title="Python source, byte by byte",
    task="causal language model",
    description="""
        Predicts the next byte of Python source, learned from the standard library of the Python it runs on, with
        a Llama-shaped model from scratch. Files for validation and test are never trained on.
    """,
    arguments={
        "num_train_epochs": 1,
        "per_device_train_batch_size": 16,
        "per_device_eval_batch_size": 32,
        "learning_rate": 3e-3,
        "lr_scheduler_type": "cosine",
        "warmup_steps": 0.05,
        "weight_decay": 0.1,
        "logging_steps": 10,
        "eval_strategy": "steps",
        "eval_steps": 50,
        "save_strategy": "steps",
        "save_steps": 50,
        "save_total_limit": 2,
    },
    objective="eval/bits_per_byte",
    greater_is_better=False,
    estimate="≈ 60 s, CPU",
)
def stdlib_lm(
    *,
    train_kilobytes: Annotated[int, Help("Source text in one epoch.", minimum=16, maximum=5000)] = 1000,
    block_size: Annotated[int, Help("Bytes the model sees at once.", minimum=16, maximum=1024)] = 128,
    hidden_size: Annotated[int, Help("Width of the model.", minimum=8, maximum=512, multiple_of=8)] = 128,
    num_hidden_layers: Annotated[int, Help("Transformer layers.", minimum=1, maximum=12)] = 2,
    seed: int,
) -> TrainerParts:
    """Cut the sources into blocks of bytes and build a Llama whose 256 tokens are the bytes."""
    from transformers import LlamaConfig, LlamaForCausalLM, default_data_collator

    config = LlamaConfig(
        vocab_size=256,
        hidden_size=hidden_size,
        intermediate_size=2 * hidden_size,
        num_hidden_layers=num_hidden_layers,
        num_attention_heads=4,
        max_position_embeddings=block_size,
        initializer_range=0.05,
        tie_word_embeddings=True,
        bos_token_id=None,  # all 256 tokens are bytes: none marks a beginning or an end
        eos_token_id=None,
    )
    sources = sources_by_split()
    train = blocks(sources["train"], block_size, seed)[: 1000 * train_kilobytes // block_size]
    validation = blocks(sources["validation"], block_size, 0)[:_MEASURED_BLOCKS]
    test = blocks(sources["test"], block_size, 0)[:_MEASURED_BLOCKS]
    return TrainerParts(
        model=LlamaForCausalLM(config),
        train_dataset=train,
        eval_dataset=validation,
        test_dataset=test,
        data_collator=default_data_collator,
        processing_class=byte_tokenizer(block_size),
        compute_metrics=bits_per_byte,
        preprocess_logits_for_metrics=loss_per_byte,
        accepts_loss_kwargs=True,  # the Llama head divides by num_items_in_batch
        notes={"files": {name: len(files) for name, files in sources.items()}, "blocks": len(train)},
    )


def sources_by_split() -> dict[str, list[bytes]]:
    """The standard library's top-level modules in train, validation and test, split by file.

    A file's name alone decides, so a later Python moves no file from one split to another.
    """
    splits: dict[str, list[bytes]] = {"train": [], "validation": [], "test": []}
    for path in sorted(Path(sysconfig.get_path("stdlib")).glob("*.py")):
        turn = zlib.crc32(path.name.encode()) % _FILES_IN_TURN
        splits[{0: "validation", 1: "test"}.get(turn, "train")].append(path.read_bytes())
    return splits


def blocks(sources: list[bytes], size: int, seed: int) -> list[dict[str, Any]]:
    """All whole blocks of ``size`` bytes, shuffled; no block goes over the end of a file."""
    import numpy

    cut = [
        numpy.frombuffer(source, dtype=numpy.uint8, count=len(source) // size * size).reshape(-1, size)
        for source in sources
    ]
    shuffled = numpy.random.default_rng(seed).permutation(numpy.concatenate(cut)).astype(numpy.int64)
    return [{"input_ids": block, "labels": block} for block in shuffled]


def byte_tokenizer(block_size: int) -> Any:
    """A tokenizer whose token ids are the bytes of the text, so that the exported folder can read and write text."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast
    from transformers.convert_slow_tokenizer import bytes_to_unicode

    tokenizer = Tokenizer(
        models.BPE(vocab={sign: byte for byte, sign in bytes_to_unicode().items()}, merges=[])
    )
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=block_size)


def loss_per_byte(logits: Any, labels: Any) -> Any:
    """Cross-entropy in nats of every predicted byte, (blocks, block size − 1): small enough to keep, unlike logits."""
    from torch.nn.functional import cross_entropy

    predicted, following = logits[:, :-1].float(), labels[:, 1:]
    return cross_entropy(predicted.transpose(1, 2), following, reduction="none")


def bits_per_byte(prediction: Any) -> dict[str, float]:
    """Bits the model needs for one byte, and among how many bytes it is torn; both less is better."""
    nats = float(prediction.predictions.astype("float64").mean())
    return {"bits_per_byte": nats / math.log(2), "perplexity": math.exp(nats)}

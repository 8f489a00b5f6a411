"""Models from new weights and from folders, as a recipe is given them."""

from pathlib import Path
from typing import Any

import pytest
import torch

from tests.trainer_bridge.toy import SAVING, built, first_log, toy
from trainer_bridge.architectures import DECODERS, SEQ2SEQ, SMALL
from trainer_bridge.model_choice import ModelChoice
from trainer_bridge.problem import SpecProblem
from trainer_bridge.spec_fields import problems

TEXTS = ["the cat sits on the mat", "größe 日本 🙂"] * 5
CLASSIFIER = "AutoModelForSequenceClassification"
_HEADS = {
    **dict.fromkeys(DECODERS, "AutoModelForCausalLM"),
    **dict.fromkeys(SEQ2SEQ, "AutoModelForSeq2SeqLM"),
    **dict.fromkeys(("vit", "convnext"), "AutoModelForImageClassification"),
    **dict.fromkeys(("wav2vec2", "hubert"), "AutoModelForAudioClassification"),
}


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of models that a worker may read."""
    monkeypatch.setenv("TRAINBOARD_DATA_DIR", str(tmp_path))
    (tmp_path / "models").mkdir()
    return tmp_path / "models"


def inputs(choice: ModelChoice, architecture: str) -> tuple[Any, Any]:
    """A small batch as the architecture takes it, and the tokenizer if there is one."""
    if architecture in ("vit", "convnext"):
        processor = choice.image_processor(size={"height": 32, "width": 32})
        return processor([torch.zeros(3, 20, 30).byte()], return_tensors="pt"), None
    if architecture in ("wav2vec2", "hubert"):
        extractor = choice.feature_extractor(sampling_rate=8000)
        return extractor([[0.5] * 4000], sampling_rate=8000, return_tensors="pt"), None
    tokenizer = choice.tokenizer(TEXTS)
    return tokenizer(TEXTS[:2], padding=True, return_tensors="pt"), tokenizer


@pytest.mark.parametrize("architecture", SMALL)
def test_new_weights_of_every_architecture_are_few_and_compute_something(architecture: str) -> None:
    choice = ModelChoice({"architecture": architecture, "vocab_size": 300})
    batch, tokenizer = inputs(choice, architecture)
    head = _HEADS.get(architecture, CLASSIFIER)
    labels = {} if tokenizer is not None and head != CLASSIFIER else {"num_labels": 3}
    model = choice.build(head, tokenizer=tokenizer, **labels)
    assert 50_000 < sum(weight.numel() for weight in model.parameters()) < 400_000
    if architecture in SEQ2SEQ:
        batch["labels"] = batch["input_ids"]
    logits = model(**batch).logits
    assert logits.shape[-1] == labels.get("num_labels", tokenizer and len(tokenizer))
    assert logits.isfinite().all()


def test_a_pair_of_texts_is_marked_as_such() -> None:
    tokenizer = ModelChoice({"architecture": "bert", "vocab_size": 300}).tokenizer(TEXTS)
    pair = tokenizer("the cat", "the mat")
    assert tokenizer.decode(pair["input_ids"]) == "[CLS] the cat[SEP] the mat[SEP]"
    assert set(pair["token_type_ids"]) == {0, 1}


def test_values_of_the_config_come_from_the_person_before_the_recipe() -> None:
    choice = ModelChoice({"config": {"hidden_size": 32, "hidden_dropout_prob": 0.25}})
    config = choice.build(CLASSIFIER, hidden_size=16, num_labels=7).config
    assert (config.hidden_size, config.hidden_dropout_prob, config.num_labels) == (32, 0.25, 7)


@pytest.mark.parametrize(
    "architecture", ["bert", "distilbert", "gpt2", "llama", "t5", "bart", "vit", "wav2vec2"]
)
def test_sizes_have_one_name_for_all_architectures(architecture: str) -> None:
    head = _HEADS.get(architecture, CLASSIFIER)
    sizes = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = ModelChoice({"architecture": architecture, **sizes}).build(head, vocab_size=300).config
    assert {name: getattr(config, name) for name in sizes} == sizes


def test_a_size_that_an_architecture_has_not() -> None:
    with pytest.raises(
        SpecProblem, match=r"^model.hidden_size: convnext has no hidden_size: set its own sizes"
    ):
        ModelChoice({"architecture": "convnext", "hidden_size": 32}).build("AutoModelForImageClassification")


def test_sizes_that_do_not_go_together() -> None:
    with pytest.raises(
        SpecProblem, match=r"^model.hidden_size: No bert can be built: .*\(30\) is not a multiple of"
    ):
        ModelChoice({"hidden_size": 30}).build(CLASSIFIER)


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        ({"hiden_size": 32}, "The config of bert has no hiden_size. Did you mean hidden_size?"),
        ({"hidden_size": "wide"}, "expected int, got str"),
        ({"hidden_size": 30}, "not a multiple of the number of attention heads"),
        ({"hidden_act": "bogus"}, "No bert can be built: 'bogus'"),
        ({"hidden_size": -64}, "No bert can be built: .*negative dimension"),
    ],
)
def test_a_wrong_value_of_the_config_is_told_at_its_field(config: dict[str, Any], sentence: str) -> None:
    with pytest.raises(SpecProblem, match=sentence) as refused:
        ModelChoice({"config": config}).build(CLASSIFIER, vocab_size=300)
    assert list(refused.value.problems) == ["model.config"]


def test_an_architecture_without_the_tasks_head() -> None:
    with pytest.raises(SpecProblem, match="vit has no head for this task: choose another architecture"):
        ModelChoice({"architecture": "vit"}).build(CLASSIFIER)


def test_a_folder_gives_back_its_weights_and_tokenizer_and_takes_a_new_head(models: Path) -> None:
    new = ModelChoice({"vocab_size": 300})
    tokenizer = new.tokenizer(TEXTS)
    saved = new.build(CLASSIFIER, tokenizer=tokenizer, num_labels=2)
    for part in (saved, tokenizer):
        part.save_pretrained(models / "mine")
    choice = ModelChoice({"source": "folder", "name": "mine"})
    again = choice.build(CLASSIFIER, tokenizer=choice.tokenizer(), num_labels=5, vocab_size=99, hidden_size=8)
    assert torch.equal(again.get_input_embeddings().weight, saved.get_input_embeddings().weight)
    assert again.classifier.out_features == again.config.num_labels == 5
    assert choice.tokenizer()(TEXTS)["input_ids"] == tokenizer(TEXTS)["input_ids"]


def test_new_weights_with_a_tokenizer_of_another_place(models: Path) -> None:
    ModelChoice({"vocab_size": 400}).tokenizer(TEXTS).save_pretrained(models / "pieces")
    choice = ModelChoice({"processing_class": "pieces"})
    tokenizer = choice.tokenizer(["other texts"])
    assert "mat" in tokenizer.decode(tokenizer("mat")["input_ids"])
    assert choice.build(CLASSIFIER, tokenizer=tokenizer).config.vocab_size == len(tokenizer)
    with pytest.raises(SpecProblem, match=r"^model\.processing_class: There is no file or folder"):
        ModelChoice({"processing_class": "nowhere"}).tokenizer()


def test_a_folder_of_another_kind_of_model_is_told_at_the_name(models: Path) -> None:
    ModelChoice({"architecture": "vit"}).build("AutoModelForImageClassification").save_pretrained(
        models / "vit"
    )
    choice = ModelChoice({"source": "folder", "name": "vit"})
    with pytest.raises(
        SpecProblem, match=r"^model.name: vit has no head for this task: choose another model\.$"
    ):
        choice.build(CLASSIFIER)
    (models / "empty").mkdir()
    with pytest.raises(SpecProblem, match=r"^model.name: empty holds no model: config.json is missing\.$"):
        ModelChoice({"source": "folder", "name": "empty"}).build(CLASSIFIER)


def test_code_that_comes_with_a_model_is_not_run(models: Path) -> None:
    (models / "own").mkdir()
    (models / "own/config.json").write_text('{"model_type": "own", "auto_map": {"AutoConfig": "own.Config"}}')
    (models / "own/own.py").write_text("raise SystemExit('ran')")
    with pytest.raises(
        SpecProblem, match=r"^model.trust_remote_code: own needs Python code that comes with it"
    ):
        ModelChoice({"source": "folder", "name": "own"}).build(CLASSIFIER)


@pytest.mark.parametrize(
    ("part", "trained"),
    [
        ("nothing", {"bert", "classifier"}),
        ("backbone", {"classifier"}),
        ("embeddings", {"bert", "classifier"}),
    ],
)
def test_frozen_parts(part: str, trained: set[str]) -> None:
    model = ModelChoice({"freeze": part}).build(CLASSIFIER, vocab_size=300)
    learning = {name for name, weight in model.named_parameters() if weight.requires_grad}
    assert {name.partition(".")[0] for name in learning} == trained
    assert ("bert.embeddings.word_embeddings.weight" in learning) == (part == "nothing")


@pytest.fixture
def hub_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of the hub, on a machine that is told to stay offline."""
    import huggingface_hub.constants

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path / "hub"


def test_a_model_of_the_hub_comes_out_of_the_cache_without_a_network(hub_cache: Path) -> None:
    saved = ModelChoice({"vocab_size": 300}).build(CLASSIFIER, num_labels=2, vocab_size=300)
    kept = hub_cache / "models--somebody--small"
    saved.save_pretrained(kept / "snapshots" / "0123")
    (kept / "refs").mkdir()
    (kept / "refs" / "main").write_text("0123")
    found = ModelChoice({"source": "hub", "name": "somebody/small"}).build(CLASSIFIER, num_labels=2)
    assert torch.equal(found.classifier.weight, saved.classifier.weight)


def test_a_model_that_cannot_be_had_offline_is_told_with_what_to_do(hub_cache: Path) -> None:
    choice = ModelChoice({"source": "hub", "name": "somebody/other"})
    for make in (choice.tokenizer, lambda: choice.build(CLASSIFIER)):
        with pytest.raises(
            SpecProblem, match=r"^model\.name: somebody/other is not in .* run “hf download somebody/other"
        ):
            make()


@pytest.mark.parametrize(
    ("model", "key", "sentence"),
    [
        ({"name": "x"}, "name", "New weights have no name"),
        ({"source": "folder"}, "name", "Needs the model's folder, for the source folder."),
        ({"source": "folder", "name": "/etc"}, "name", "/etc is outside the folders that may be read here"),
        ({"source": "hub", "name": "../x"}, "name", "A hub id looks like google-bert/bert-base-uncased"),
        (
            {"source": "checkpoint", "name": "last"},
            "name",
            "Write a checkpoint as <run id>/checkpoint-<step>",
        ),
        ({"source": "checkpoint", "name": "a1/checkpoint-9"}, "name", "There is no file or folder"),
        ({"revision": "main"}, "revision", "Only a model of the hub has revisions"),
        ({"trust_remote_code": True}, "trust_remote_code", "New weights come with no code"),
        (
            {"source": "hub", "name": "a/b", "hidden_size": 8},
            "hidden_size",
            "has its own size: leave it empty",
        ),
        ({"architecture": "brt"}, "architecture", "Did you mean bert?"),
        ({"hidden_size": 30}, "hidden_size", "4 attention heads do not divide a hidden_size of 30."),
        (
            {"num_attention_heads": 3},
            "num_attention_heads",
            "3 attention heads do not divide a hidden_size of 64.",
        ),
        ({"config": [1]}, "config", "Must be a JSON object"),
        (
            {"processing_class": "/etc"},
            "processing_class",
            "/etc is outside the folders that may be read here",
        ),
    ],
)
def test_a_wrong_choice_is_told_before_anything_is_built(
    models: Path, model: dict[str, Any], key: str, sentence: str
) -> None:
    found = problems(toy(), {"recipe": "toy", "model": {"config": None, **model}})
    assert list(found) == [f"model.{key}"]
    assert sentence in found[f"model.{key}"]


@pytest.mark.training
def test_a_checkpoint_of_another_run_is_where_the_next_one_begins(models: Path) -> None:
    before = built(models.parent / "runs/r1/checkpoints", args=SAVING | {"max_steps": 2})
    before.train()
    after = built(
        models.parent / "after", model={"source": "checkpoint", "name": "r1/checkpoint-2", "config": None}
    )
    for name, weight in before.model.state_dict().items():
        assert torch.equal(after.model.state_dict()[name], weight)
    assert first_log(after)["loss"] < first_log(built(models.parent / "new"))["loss"]


@pytest.mark.training
def test_numbers_of_another_format(models: Path) -> None:
    trainer = built(models.parent, model={"dtype": "bfloat16"})
    assert first_log(trainer)["loss"] > 0
    assert {weight.dtype for weight in trainer.model.parameters()} == {torch.bfloat16}

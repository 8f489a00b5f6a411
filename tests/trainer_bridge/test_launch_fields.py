"""What a run asks of its worker, and which arguments need several processes."""

import pytest

from trainer_bridge import recipes, spec_fields
from trainer_bridge.launch_fields import Asked

RECIPE = recipes.catalog()["digits-vit"]


def problems(launch, **args):
    return spec_fields.problems(RECIPE, {"recipe": "digits-vit", "launch": launch, "args": args})


def cautions(launch, **args):
    return spec_fields.cautions(RECIPE, {"recipe": "digits-vit", "launch": launch, "args": args})


@pytest.mark.parametrize(
    ("launch", "asked"),
    [
        (None, Asked(1, 1, frozenset(), 0)),
        ({"processes": 3}, Asked(3, 3)),
        (
            {"slots": 2, "labels": "a100, big-disk", "retries": 4},
            Asked(1, 2, frozenset({"a100", "big-disk"}), 4),
        ),
        ({"slots": None, "labels": None}, Asked()),
    ],
)
def test_what_is_not_said_is_at_its_default(launch, asked):
    assert Asked.of(launch) == asked


@pytest.mark.parametrize(
    ("launch", "key", "sentence"),
    [
        ({"processes": 0}, "launch.processes", "Must be 1 or more."),
        ({"processes": 2, "slots": 1}, "launch.slots", "2 processes need 2 device slots, one each, not 1."),
        ({"labels": "a100; rm"}, "launch.labels", "“a100;” is not a label"),
        ({"retries": -1}, "launch.retries", "Must be 0 or more."),
        ({"labells": "x"}, "launch.labells", "Did you mean labels?"),
    ],
)
def test_what_cannot_be_asked_is_said_at_its_field(launch, key, sentence):
    found = problems(launch)
    assert list(found) == [key]
    assert sentence in found[key]


@pytest.mark.parametrize(
    ("args", "name", "sentence"),
    [
        ({"fsdp": True}, "fsdp", "Needs several processes: raise processes under Launch."),
        ({"ddp_backend": "gloo"}, "ddp_backend", "Needs several processes"),
        (
            {"parallelism_config": {"tp_size": 2}},
            "parallelism_config",
            "make 2 processes, and this run has 1",
        ),
    ],
)
def test_what_needs_several_processes_is_allowed_with_them(args, name, sentence):
    assert sentence in problems({}, **args)[f"args.{name}"]
    assert problems({"processes": 2}, **args) == {}


def test_a_mesh_is_made_of_exactly_the_processes():
    mesh = {"parallelism_config": {"dp_shard_size": 2, "tp_size": 2}}
    assert (
        "make 4 processes, and this run has 2"
        in problems({"processes": 2}, **mesh)["args.parallelism_config"]
    )
    assert problems({"processes": 4}, **mesh) == {}


def test_nccl_needs_gpus():
    found = problems({"processes": 2}, ddp_backend="nccl", use_cpu=True)
    assert found == {"args.ddp_backend": "nccl needs GPUs, and use_cpu is on: choose gloo, or leave it out."}


def test_settings_of_ddp_have_an_effect_with_several_processes_only():
    said = "With one process this has no effect: raise processes under Launch."
    assert cautions({}, ddp_bucket_cap_mb=25)["args.ddp_bucket_cap_mb"] == said
    assert "args.ddp_bucket_cap_mb" not in cautions({"processes": 2}, ddp_bucket_cap_mb=25)

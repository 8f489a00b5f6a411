"""What an argument needs of the machine that trains: a package, a GPU, a compiler; judged by what workers say."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from trainer_bridge.titled import Broken

Arguments = Mapping[str, Any]

#: How the package is imported that an optimizer needs, by a part of the optimizer's name.
_OPTIMIZER_PACKAGES = (
    ("galore", "galore_torch"),
    ("apollo", "apollo_torch"),
    ("adamw_torch_xla", "torch_xla"),
    ("adamw_torch_npu_fused", "torch_npu"),
    ("adamw_anyprecision", "torchdistx"),
    ("adamw_torch_4bit", "torchao"),
    ("adamw_torch_8bit", "torchao"),
    ("grokadamw", "grokadamw"),
    ("stable_adamw", "optimi"),
    ("lomo", "lomo_optim"),
    ("schedule_free", "schedulefree"),
    ("ademamix", "bitsandbytes"),
    ("lion", "bitsandbytes"),
    ("paged", "bitsandbytes"),
    ("bnb", "bitsandbytes"),
    ("8bit", "bitsandbytes"),
)
#: What pip calls a package that is imported under another name.
_PIP_NAMES = {"optimi": "torch-optimi", "lomo_optim": "lomo-optim", "liger_kernel": "liger-kernel"}
#: Packages that a worker looks for, by their import names.
PACKAGES = tuple(
    dict.fromkeys([*(package for _, package in _OPTIMIZER_PACKAGES), "liger_kernel", "deepspeed"])
)
#: The oldest CUDA generation with bfloat16 and TF32 (Ampere).
_AMPERE = 8.0


@dataclass(frozen=True)
class Machine:
    """What a worker has. ``capability`` is the CUDA generation of its oldest GPU, None where nobody said."""

    name: str
    packages: frozenset[str]
    gpus: int
    compiler: bool
    capability: float | None = None

    @classmethod
    def of(cls, name: str, has: Mapping[str, Any]) -> "Machine":
        """From what a worker says it ``has`` (machine.describe_abilities)."""
        packages = frozenset(has.get("packages", ()))
        return cls(name, packages, has.get("gpus", 0), has.get("compiler", False), has.get("capability"))


class Need(NamedTuple):
    """``name``: the argument; ``what``: what it needs, as the end of "needs …"; ``met``: whether a machine has it."""

    name: str
    what: str
    met: Callable[[Machine], bool]


def needs(args: Arguments) -> Iterator[Need]:
    """Everything that these values need of a machine."""
    yield from _packages(args)
    if args["tf32"]:
        yield Need("tf32", "an NVIDIA GPU of the Ampere generation or newer", _is_ampere)
    for name in ("bf16", "bf16_full_eval"):
        if args[name] and not args["use_cpu"]:
            yield Need(name, "a GPU of the Ampere generation or newer, or none", _has_bfloat16)
    if args["torch_compile"] or args["torch_compile_backend"] or args["torch_compile_mode"]:
        yield Need("torch_compile", "a C++ compiler", lambda machine: machine.compiler)


def _packages(args: Arguments) -> Iterator[Need]:
    wanted = {
        "optim": optimizer_package(args["optim"]),
        "use_liger_kernel": "liger_kernel" if args["use_liger_kernel"] else "",
        "deepspeed": "deepspeed" if args["deepspeed"] else "",
        "debug": "torch_xla" if "tpu_metrics_debug" in args["debug"] else "",
    }
    return (_package(name, package) for name, package in wanted.items() if package)


def unmet(args: Arguments, machines: Sequence[Machine]) -> Iterator[Broken]:
    """Needs that none of ``machines`` meets."""
    for need in needs(args):
        if machines and not any(need.met(machine) for machine in machines):
            yield Broken(need.name, f"{_said(need, args)} needs {need.what}; no worker has it.")


def half_met(args: Arguments, machines: Sequence[Machine]) -> Iterator[Broken]:
    """Needs that only some of ``machines`` meet, or of which nobody can say."""
    for need in needs(args):
        without = [machine.name for machine in machines if not need.met(machine)]
        if not machines:
            sentence = f"{_said(need, args)} needs {need.what} on the machine that trains."
            yield Broken(need.name, sentence)
        elif 0 < len(without) < len(machines):
            yield Broken(
                need.name, f"{_said(need, args)} needs {need.what}; {', '.join(without)} has it not."
            )


def optimizer_package(optimizer: str) -> str:
    """The package that an optimizer needs, by its import name; "" for those of torch and transformers."""
    return next((package for part, package in _OPTIMIZER_PACKAGES if part in optimizer), "")


def _package(name: str, package: str) -> Need:
    pip_name = _PIP_NAMES.get(package, package)
    return Need(name, f"the package {pip_name}", lambda machine: package in machine.packages)


def _said(need: Need, args: Arguments) -> str:
    """What needs it: the value of a choice, else the argument."""
    value = args[need.name]
    return value if isinstance(value, str) else need.name


def _is_ampere(machine: Machine) -> bool:
    return machine.gpus > 0 and (machine.capability is None or machine.capability >= _AMPERE)


def _has_bfloat16(machine: Machine) -> bool:
    return machine.gpus == 0 or _is_ampere(machine)

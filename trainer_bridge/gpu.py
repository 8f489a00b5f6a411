"""How busy the machine's NVIDIA GPUs are, through NVML: by pynvml where it is installed, else by nvidia-smi."""

import contextlib
import importlib
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

NVIDIA_DRIVER = Path("/proc/driver/nvidia/gpus")
_GIB = 1024**3
_SMI_MIB = 1024
_FIELDS = "index,utilization.gpu,memory.used,power.draw,temperature.gpu"
#: Seconds that nvidia-smi gets; a driver in trouble can hang it.
PATIENCE = 5.0

Reader = Callable[[], dict[str, float]]


def gpu_devices(driver: Path = NVIDIA_DRIVER) -> list[str]:
    """The GPUs this process may use, as CUDA_VISIBLE_DEVICES names them.

    Asked of the driver: torch would take seconds to say the same. Where the driver shows no folder (Linux in Windows,
    some containers), NVML or nvidia-smi counts.
    """
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        # "-1" hides every device from there on, as CUDA itself reads it.
        return [name.strip() for name in visible.split("-1")[0].split(",") if name.strip()]
    count = len(list(driver.iterdir())) if driver.is_dir() else len(gpu_names())
    return [str(n) for n in range(count)]


def gpu_reader(visible: str | None = None) -> Reader | None:
    """A function that samples the GPUs that ``visible`` names, as CUDA_VISIBLE_DEVICES would; None where there is none.

    Without it those that this process may use. It gives utilisation (%), memory (GiB), power (W) and temperature (°C),
    as far as the GPU tells them, by series key: {"system/gpu0/utilisation": 97.0, …}. It raises nothing.
    """
    named = _visible() if visible is None else visible
    return _nvml_reader(named) or _smi_reader(named)


def gpu_memory(visible: str | None = None) -> dict[str, float]:
    """The memory of each GPU that ``visible`` names, in GiB, by the series key of what is used of it."""
    named = _visible() if visible is None else visible
    with contextlib.suppress(Exception):
        nvml = importlib.import_module("pynvml")
        nvml.nvmlInit()
        handles = _handles(nvml, named)
        return {_memory_key(n): nvml.nvmlDeviceGetMemoryInfo(handle).total / _GIB for n, handle in handles}
    found = {}
    for index, total in _smi("index,memory.total"):
        with contextlib.suppress(ValueError):  # "[N/A]"
            if _is_visible(index, named):
                found[_memory_key(index)] = float(total) / _SMI_MIB
    return found


def _memory_key(index: int | str) -> str:
    return f"system/gpu{index}/memory"


def gpu_names() -> list[str]:
    """What the visible GPUs are called; empty without a GPU."""
    with contextlib.suppress(Exception):
        nvml = importlib.import_module("pynvml")
        nvml.nvmlInit()
        return [_text(nvml.nvmlDeviceGetName(handle)) for _, handle in _handles(nvml, _visible())]
    rows = _smi("index,name")
    return [row[1] for row in rows if _is_visible(row[0], _visible())]


def gpu_capability() -> float | None:
    """The CUDA generation of the oldest visible GPU (8.0 is Ampere); None where nobody tells."""
    found = []
    for index, generation in _smi("index,compute_cap"):
        with contextlib.suppress(ValueError):  # "[N/A]"
            if _is_visible(index, _visible()):
                found.append(float(generation))
    return min(found, default=None)


def _nvml_reader(named: str | None) -> Reader | None:
    try:
        nvml = importlib.import_module("pynvml")
        nvml.nvmlInit()
        handles = list(_handles(nvml, named))
    except Exception:  # not installed, no driver, no permission
        return None
    if not handles:
        return None
    return lambda: {
        key: value for index, handle in handles for key, value in _nvml_values(nvml, index, handle)
    }


def _handles(nvml: Any, named: str | None) -> Iterator[tuple[int, Any]]:
    for index in range(nvml.nvmlDeviceGetCount()):
        if _is_visible(str(index), named):
            yield index, nvml.nvmlDeviceGetHandleByIndex(index)


def _nvml_values(nvml: Any, index: int, handle: Any) -> Iterator[tuple[str, float]]:
    """Each measure that this GPU has; some have no power sensor, for example."""
    measures: dict[str, Callable[[], float]] = {
        "utilisation": lambda: nvml.nvmlDeviceGetUtilizationRates(handle).gpu,
        "memory": lambda: nvml.nvmlDeviceGetMemoryInfo(handle).used / _GIB,
        "power": lambda: nvml.nvmlDeviceGetPowerUsage(handle) / 1000,
        "temperature": lambda: nvml.nvmlDeviceGetTemperature(handle, nvml.NVML_TEMPERATURE_GPU),
    }
    for name, measure in measures.items():
        with contextlib.suppress(Exception):
            yield f"system/gpu{index}/{name}", float(measure())


def _smi_reader(named: str | None) -> Reader | None:
    if shutil.which("nvidia-smi") is None or not _smi_sample(named):
        return None
    return lambda: _smi_sample(named)


def _smi_sample(named: str | None) -> dict[str, float]:
    found: dict[str, float] = {}
    for index, utilisation, memory, power, temperature in _smi(_FIELDS):
        values = {"utilisation": utilisation, "memory": memory, "power": power, "temperature": temperature}
        for name, text in values.items():
            with contextlib.suppress(ValueError):  # "[N/A]"
                if _is_visible(index, named):
                    found[f"system/gpu{index}/{name}"] = float(text) / (_SMI_MIB if name == "memory" else 1)
    return found


def _smi(fields: str) -> list[list[str]]:
    """The rows that nvidia-smi prints; none when it cannot."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return []
    command = [program, f"--query-gpu={fields}", "--format=csv,noheader,nounits"]
    try:
        # The program is the driver's own, found in PATH; nothing in its arguments comes from outside.
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=True)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return []
    rows = [[part.strip() for part in line.split(",")] for line in done.stdout.splitlines()]
    return [row for row in rows if len(row) == fields.count(",") + 1]


def _visible() -> str | None:
    return os.environ.get("CUDA_VISIBLE_DEVICES")


def _is_visible(index: str, named: str | None) -> bool:
    """Whether the GPU is among those that are ``named``. They may also be named otherwise: then all count."""
    if named is None:
        return True
    chosen = [part.strip() for part in named.split(",")]
    return index in chosen or not all(part.isdecimal() for part in chosen if part not in ("", "-1"))


def _text(name: str | bytes) -> str:
    return name.decode() if isinstance(name, bytes) else name

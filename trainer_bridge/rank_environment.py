"""What torchrun tells each process of a training, told to processes that it did not start."""

import os
import socket

from trainer_bridge.job import Job


def set_environment(job: Job) -> None:
    """Settings of this process by which torch and accelerate know which of several it is, and its devices."""
    if job.devices:
        os.environ["CUDA_VISIBLE_DEVICES"] = job.devices
    if job.processes > 1:
        os.environ.update(rank_environment(job))


def rank_environment(job: Job) -> dict[str, str]:
    """The variables of ``torchrun --standalone --nproc-per-node`` for the process of this job."""
    rank, world = str(job.rank), str(job.processes)
    return {
        "RANK": rank,
        "LOCAL_RANK": rank,
        "ROLE_RANK": rank,
        "GROUP_RANK": "0",
        "WORLD_SIZE": world,
        "LOCAL_WORLD_SIZE": world,
        "ROLE_WORLD_SIZE": world,
        "GROUP_WORLD_SIZE": "1",
        "ROLE_NAME": "default",
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(job.port),
        "TORCHELASTIC_RUN_ID": f"{job.run}-{job.attempt}",
        "TORCHELASTIC_RESTART_COUNT": "0",
        "TORCHELASTIC_MAX_RESTARTS": "0",
    }


def free_port() -> int:
    """A port of this machine that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

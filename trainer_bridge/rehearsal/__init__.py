"""The rehearsal of a run: builds all of its spec, runs a few real steps, and tells what the run would take.

It runs in a process of its own (trainer_bridge/errands/rehearsal.py) and leaves nothing behind. See docs/rehearsal.md.
"""

from trainer_bridge.rehearsal.rehearse import rehearse

__all__ = ["rehearse"]

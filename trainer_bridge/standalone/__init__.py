"""A run's spec as a Python file of its own: the code that the run executes, collected from Trainboard's modules.

Reads modules as text and imports no training library. ``library`` knows what each module defines, ``reach`` which
definitions a recipe needs, ``edit`` makes them stand in one file, ``script`` writes it.
"""

from trainer_bridge.standalone.script import NotStandalone, script

__all__ = ["NotStandalone", "script"]

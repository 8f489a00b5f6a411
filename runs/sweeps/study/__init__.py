"""The part of a sweep that needs Optuna, in a process of its own: ``python -m runs.sweeps.study``.

It keeps nothing: each request brings the whole study, rebuilt from Trainboard's tables, and takes away what samplers
and pruners want kept with the trials. So it may die at any time, and any server may ask. No Django here.
"""

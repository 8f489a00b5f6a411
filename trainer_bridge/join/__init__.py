"""How a training that Trainboard did not start joins it: a callback, a plain loop, an unmodified script.

Nothing here imports torch or transformers before a training has done so itself.
"""

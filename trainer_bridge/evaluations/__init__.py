"""What an evaluation is looked into by: sums and a few rows, gathered batch by batch beside the metrics.

Nothing of it holds the logits of the whole split, and the recipe's own metrics do not pass through here: see
``watch.py`` for where it listens, ``kinds.py`` for which view a task gets. What is sent stands in
docs/evaluation.md.
"""

#: The version of the views that are sent; a reader refuses what is newer.
VERSION = 1

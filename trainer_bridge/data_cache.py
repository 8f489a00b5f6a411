"""What ``datasets`` writes while it prepares data: kept for this process only, without a word."""

import shutil
import sys


def prepare_quietly() -> None:
    """No bar for each step in the run's console, no copy that no later run would ask for."""
    import datasets

    datasets.disable_progress_bars()
    datasets.disable_caching()


def remove_prepared() -> None:
    """Remove what was prepared; for a process that ends without Python's own clean-up."""
    module = sys.modules.get("datasets.fingerprint")
    if (place := getattr(module, "_TEMP_DIR_FOR_TEMP_CACHE_FILES", None)) is not None:
        shutil.rmtree(place.name, ignore_errors=True)

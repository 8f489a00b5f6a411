"""Says that it began, and never ends; its time is short."""

import os
import time

TIME_LIMIT = 60.0


def run(payload, tell):
    print("the last line")
    tell(f"pid {os.getpid()}")
    time.sleep(600)

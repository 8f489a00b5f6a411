"""Stays, and says which process answers and how often it was asked."""

import os

STAYS = 60.0


def key(payload):
    return payload["name"]


def load(payload, tell):
    if payload.get("broken"):
        raise ValueError("This cannot be loaded.")
    return {"asked": 0}


def answer(held, payload, tell):
    held["asked"] += 1
    if payload.get("wrong"):
        raise ValueError("Nothing to say to that.")
    return {"pid": os.getpid(), "asked": held["asked"], "given": payload.get("given")}

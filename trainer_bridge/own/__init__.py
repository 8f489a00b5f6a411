"""A person's own recipes and scripts: found in a folder of the worker, read without training, told to the server.

Their code runs in child processes of the worker only, never in the worker itself and never in the web process.
"""

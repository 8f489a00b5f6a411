"""A checkpoint asked for what it makes of one text, picture or sound. Importing this imports no training library."""

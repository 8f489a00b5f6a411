"""A checkpoint on its way out: what goes with it, in which form, where to. See docs/export.md."""

"""The runs of a project as columns in memory: filtered, ordered, grouped in milliseconds, whatever their number."""

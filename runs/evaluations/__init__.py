"""Evaluations that can be looked into: stored as they come, read for the run's page, for Compare and for REST."""

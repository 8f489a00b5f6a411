"""Recipes to begin with: each file works as it is, and is what ``new-recipe`` writes under another name."""

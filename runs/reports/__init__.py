"""Reports: pages of Markdown in which blocks show runs, as text, and what they ask for."""

"""What the page of a sweep shows: its head, its trials for scripts, its first rows, brushes of the address."""

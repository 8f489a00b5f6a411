"""What the built-in task recipes share: preparing rows, losses, metrics. Importing it imports no training library."""

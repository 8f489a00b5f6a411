"""What an export does to a checkpoint's files in a child process, and how large they will be. No torch at import."""

"""The runs of a project as a file: CSV, JSON or Parquet, every column there is, streamed."""

"""Forms of the pages: what people typed, read into what the domain takes."""

"""Pictures that need no browser to be drawn: curves and a comparison as SVG."""

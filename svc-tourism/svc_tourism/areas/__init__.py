"""The city's areas as shapes to draw: official polygons, or approximate ones."""

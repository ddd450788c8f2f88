"""Opening hours: what people write becomes the OSM grammar, and is evaluated by the city's calendar."""

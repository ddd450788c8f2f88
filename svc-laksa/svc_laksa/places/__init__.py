"""Finding the place of a report by what people call it."""

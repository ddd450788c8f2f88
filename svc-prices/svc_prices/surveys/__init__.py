"""Who surveys which market by when, and how complete a day is."""

"""Made-up prices for development: marked demo, the same every time."""

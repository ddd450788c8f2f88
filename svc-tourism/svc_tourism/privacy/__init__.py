"""One person's itineraries and reviews: handed out to her, and erased when her account is."""

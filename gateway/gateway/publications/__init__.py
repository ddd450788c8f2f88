"""What a provider publishes: documents that the city's search finds."""

"""Markets of the city: where prices are surveyed."""

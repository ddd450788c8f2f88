"""What can be reported, straight from the city pack."""

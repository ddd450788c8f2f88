"""Who can be given a report, straight from the city pack."""

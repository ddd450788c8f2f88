"""City news and agenda."""

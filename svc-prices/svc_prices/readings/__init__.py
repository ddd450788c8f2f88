"""Published prices as everybody reads them: latest, medians, comparison, trend, basket."""

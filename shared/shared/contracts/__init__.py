"""Event contracts, one module per publisher; a published version never changes its meaning."""

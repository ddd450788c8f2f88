"""My requests: one list over all services."""

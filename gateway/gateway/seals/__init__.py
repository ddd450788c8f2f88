"""The chain seals of the services, kept against a cut tail."""

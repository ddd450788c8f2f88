"""The city's services as the gateway itself asks them: what they own, and what they hold of one person."""

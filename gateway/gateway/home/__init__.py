"""The home page: what every service and provider has for it, and what waits for the person who looks."""

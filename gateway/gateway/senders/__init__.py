"""How a sign-in code reaches a phone."""

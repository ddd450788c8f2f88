"""Photos that arrive in several goes: tus 1.0.0."""

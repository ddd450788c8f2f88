"""What the city tells everybody who opens an app: a text, from when until when, and where."""

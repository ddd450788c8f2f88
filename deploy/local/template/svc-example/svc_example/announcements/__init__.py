"""What the public should know of this service."""

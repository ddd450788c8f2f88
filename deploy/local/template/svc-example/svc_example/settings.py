"""Settings of this service beyond those of every process: none yet."""

from shared.settings import Settings


class ExampleSettings(Settings):
    """See shared.settings."""

"""The running city of the journeys, for tests that look at all of its operations."""

from tests.journeys.conftest import city

__all__ = ["city"]

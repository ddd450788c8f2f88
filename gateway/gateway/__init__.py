"""The one public door of the city platform."""

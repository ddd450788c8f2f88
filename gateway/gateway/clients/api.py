"""HTTP of this slice."""

from shared.routes import CityRouter

router = CityRouter()

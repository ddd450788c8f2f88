"""Commands: `python -m svc_tourism serve`."""

from shared.command import run
from svc_tourism.app import SERVICE, create_app
from svc_tourism.settings import TourismSettings

if __name__ == "__main__":
    run(SERVICE, TourismSettings, create_app)

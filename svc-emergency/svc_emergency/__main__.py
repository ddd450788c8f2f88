"""Commands: `python -m svc_emergency serve`."""

from shared.command import run
from svc_emergency.app import SERVICE, create_app
from svc_emergency.settings import EmergencySettings

if __name__ == "__main__":
    run(SERVICE, EmergencySettings, create_app)

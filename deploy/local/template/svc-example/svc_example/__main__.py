"""Commands: `python -m svc_example serve`."""

from shared.command import run
from svc_example.app import SERVICE, create_app
from svc_example.settings import ExampleSettings

if __name__ == "__main__":
    run(SERVICE, ExampleSettings, create_app)

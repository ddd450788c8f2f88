"""Commands: `python -m svc_jobs serve`."""

from shared.command import run
from svc_jobs.app import SERVICE, create_app
from svc_jobs.settings import JobsSettings

if __name__ == "__main__":
    run(SERVICE, JobsSettings, create_app)

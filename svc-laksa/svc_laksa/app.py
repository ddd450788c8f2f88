"""The service's table of contents."""

from fastapi import FastAPI

from shared.app import Service, build_app
from shared.clock import Clock
from shared.privacy import Holdings
from shared.runtime import Runtime
from svc_laksa.agencies import api as agencies
from svc_laksa.categories import api as categories
from svc_laksa.checks import api as checks
from svc_laksa.ledger import api as ledger
from svc_laksa.pack import ReportCategories, load_report_categories
from svc_laksa.places import api as places
from svc_laksa.privacy import timers as privacy_timers
from svc_laksa.privacy.usecases import erase, export
from svc_laksa.questions import api as questions
from svc_laksa.reports import api as reports
from svc_laksa.reports import timers
from svc_laksa.reports.rules import STAFF
from svc_laksa.settings import LaksaSettings
from svc_laksa.snapshots.usecases import OWNED
from svc_laksa.submissions import api as submissions
from svc_laksa.work import api as work

SERVICE = Service(
    name="svc-laksa",
    package="svc_laksa",
    title="LAKSA: laporan warga",
    routers=(
        categories.router,
        agencies.router,
        places.router,
        reports.router,
        submissions.router,
        work.router,
        questions.router,
        checks.router,
        ledger.router,
    ),
    timers=timers.TIMERS | privacy_timers.TIMERS,
    owned=OWNED,
    holds=Holdings(export, erase),
    roles=STAFF,
)


def create_app(settings: LaksaSettings, clock: Clock | None = None) -> FastAPI:
    """The service as an app, from settings alone."""
    app = build_app(SERVICE, settings, clock)
    run: Runtime = app.state.runtime
    run.parts[ReportCategories] = load_report_categories(run.city)
    return app

"""What has long been withdrawn or expired leaves the database, once an hour."""

from functools import partial

from shared.forever import forever
from shared.runtime import Runtime
from svc_tourism.features import usecases

_PAUSE_SECONDS = 3_600


async def forget_features(run: Runtime) -> None:
    """For ever, beside the requests."""
    await forever("forget_features", partial(run.forget, usecases.forget_old), _PAUSE_SECONDS)


BACKGROUND = (forget_features,)

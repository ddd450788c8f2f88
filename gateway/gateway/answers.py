"""What answers with tokens or personal data have in common."""

from fastapi import Depends, Response


async def _never_stored(response: Response) -> None:
    response.headers["Cache-Control"] = "no-store"


#: For `CityRouter(dependencies=[never_stored])`: no cache, ours or anybody's, keeps these answers.
never_stored = Depends(_never_stored)

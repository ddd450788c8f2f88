"""An export as the file its owner keeps."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from starlette.responses import Response

from shared.media import signed_path
from shared.runtime import Runtime

_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Disposition": 'attachment; filename="data.json"',
    "X-Content-Type-Options": "nosniff",
}


def file(run: Runtime, held: Mapping[str, Any], pending: Sequence[str], now: datetime) -> Response:
    """JSON: what each service holds, addresses of her photos (good for an hour or two), what is missing."""
    content = {
        "city": run.city.name.id,
        "made_at": now.astimezone(run.city.zone).isoformat(),
        "complete": not pending,
        "pending": list(pending),
        "services": held,
        "photos": [_photo(run, media["media_id"], now) for media in held.get("gateway", {}).get("media", [])],
    }
    body = json.dumps(content, ensure_ascii=False, indent=1).encode()
    return Response(body, headers=_HEADERS, media_type="application/json")


def _photo(run: Runtime, media_id: str, now: datetime) -> dict[str, str]:
    path = signed_path(UUID(media_id), "full", run.settings.media_keys, now)
    return {"media_id": media_id, "link": f"{run.settings.public_url.rstrip('/')}{path}"}

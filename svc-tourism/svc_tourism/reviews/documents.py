"""What a writer is told of her review."""

from shared.contracts.city import NoticeRequestedV1
from svc_tourism.places.documents import link
from svc_tourism.places.models import Place
from svc_tourism.reviews.models import Review


def decided(row: Review, place: Place) -> NoticeRequestedV1:
    """That it is public, or was taken down; why stands in the list of her reviews."""
    return NoticeRequestedV1(
        citizen_id=row.citizen_id,
        template=f"tourism.review_{row.state}",
        params={"place": str(place.name["id"])},
        link=link(place),
        dedupe_key=f"tourism:review:{row.id}:{row.version}",
    )

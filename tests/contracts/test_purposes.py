"""What a service listens by is kept: renamed, a subscription would take in thirty days of events once more.

Never change or drop a released line; a new subscription adds one, with `from_now` where its past would
only repeat notices.
"""

from gateway.app import SERVICE as GATEWAY
from shared import privacy
from svc_laksa.app import SERVICE as LAKSA
from svc_tourism.app import SERVICE as TOURISM

PURPOSES = {
    "gateway": {
        "media": ("media_attached.v1",),
        "media-released": ("media_released.v1",),
        "requests": ("request_updated.v1",),
        "seals": ("chain_sealed.v1",),
        "search": ("document_published.v1", "document_withdrawn.v1"),
        "erasures": ("citizen_erasure_done.v1",),
        "erasure": ("citizen_erased.v1",),
    },
    "svc-laksa": {"erasure": ("citizen_erased.v1",)},
    "svc-tourism": {
        "agenda": ("document_published.v1", "document_withdrawn.v1"),
        "features": ("document_published.v1", "document_withdrawn.v1"),
        "erasure": ("citizen_erased.v1",),
    },
}


def test_every_subscription_keeps_the_name_its_repeats_are_known_by() -> None:
    found = {
        service.name: {
            s.purpose: s.names for s in (*service.subscriptions, privacy.subscription(service.holds))
        }
        for service in (GATEWAY, LAKSA, TOURISM)
    }
    assert found == PURPOSES

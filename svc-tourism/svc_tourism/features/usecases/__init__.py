"""Reading collections, and keeping up with what other services publish."""

from svc_tourism.features.usecases.reading import find_collection, read_feature, read_items
from svc_tourism.features.usecases.taking import forget_old, take, withdraw

__all__ = ["find_collection", "forget_old", "read_feature", "read_items", "take", "withdraw"]

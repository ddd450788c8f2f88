"""What apps hear when they start, and what administrators say of versions and flags."""

from gateway.bootstrap.usecases.beginning import TAG, Beginnings, equip
from gateway.bootstrap.usecases.saying import app_versions, drop, flags, say_flag, say_version

__all__ = ["TAG", "Beginnings", "app_versions", "drop", "equip", "flags", "say_flag", "say_version"]

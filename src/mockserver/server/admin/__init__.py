"""The admin API under `/__admin/`: what a person at this machine asks of the mock itself."""

from mockserver.server.admin.api import AdminAPI
from mockserver.server.admin.desk import Desk
from mockserver.server.admin.tokens import find_identity

__all__ = ["AdminAPI", "Desk", "find_identity"]

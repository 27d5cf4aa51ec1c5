"""The admin API under `/__admin/`: inspect and control the mock from this machine."""

from mockserver.admin.admin_api import AdminAPI
from mockserver.admin.admin_context import AdminContext
from mockserver.admin.handlers.token_handlers import find_identity

__all__ = ["AdminAPI", "AdminContext", "find_identity"]

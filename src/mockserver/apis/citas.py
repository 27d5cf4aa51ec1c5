"""Citas: cancel an appointment (`citas-cancel.txt`)."""

from mockserver.behaviour.backend import Backend, Handlers, Response
from mockserver.errors import (
    ApiError,
    BadRequestError,
    ForbiddenError,
    OperationFailedError,
    UnauthorizedError,
)

TITLE = "Citas API"
COLLECTIONS = {"citas": "id"}
PRESUMES = {"cancelarCita": {"x-access"}}


def cancel_cita(backend: Backend, *, id: float) -> Response:
    """Cancel a cita in any state: remove its doctor, keep its confirmed date and time."""
    key = int(id) if id == int(id) else id
    record = backend.collection("citas").get(key)
    if record is None:
        # The page documents no 404, only this failure.
        raise OperationFailedError(f"There is no cita {key}.")
    cita = backend.collection("citas").put(key, {**record, "estado": "cancelada", "medico_id": None})
    return Response(200, {"message": "Cita cancelada", "cita": cita})


_MESSAGES: dict[type[ApiError], str] = {
    UnauthorizedError: "Token no proporcionado",
    ForbiddenError: "Acceso denegado: requiere rol admin o asistente",
    OperationFailedError: "Error al cancelar cita",
}


def describe(error: ApiError) -> Response | None:
    """The errors of the page; an invalid id in the path counts as a failure to cancel.

    The document does not define other bad requests, such as an unsupported preference.
    """
    if isinstance(error, BadRequestError) and any(found.location == "path" for found in error.violations):
        return Response(OperationFailedError.status, {"message": _MESSAGES[OperationFailedError]})
    message = _MESSAGES.get(type(error))
    return None if message is None else Response(error.status, {"message": message})


HANDLERS: Handlers = {"cancelarCita": cancel_cita}

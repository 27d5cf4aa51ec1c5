"""For each fault, the shortest requests whose answers give it away."""

from __future__ import annotations

from dataclasses import replace

from .calls import (
    ADMIN,
    AGENT,
    ASISTENTE,
    CANCELLED,
    DOCTOR,
    EXPIRED,
    FORGED,
    INVENTED,
    MEDICO,
    OTHER_DOCTOR,
    OTHER_PATIENT,
    PATIENT,
    PHYSIOTHERAPY,
    READ,
    READER,
    UNKNOWN,
    WAITING,
    cancel,
    cancelar,
    delete,
    form,
    multipart,
    patch,
    put,
)
from .client import Call

ITEM = "7b1d2c10-1111-4a5b-8c9d-000000000001"
REASON = {"cancellation_reason": "The claimant has moved to another city"}
LANGUAGE = {"interpreter_language": "Português"}
NO_LANGUAGE = {"interpreter_language": None}
TEXT = "text/plain"

# Requests, and the faults that they give away.
Probe = tuple[tuple[Call, ...], str]
SQOD: tuple[Probe, ...] = (
    ((cancel({}),), "cancel-answers-200"),
    ((cancel(),), "cancel-body-optional"),
    ((cancel({"cancellation_reason": 7}),), "cancel-number-accepted"),
    ((cancel({"cancellation_reason": None}),), "cancel-null-accepted"),
    ((cancel([]),), "cancel-list-accepted"),
    ((cancel(raw=b"{"),), "cancel-malformed-500"),
    ((replace(cancel(REASON), media_type=TEXT),), "cancel-content-type-ignored"),
    ((cancel({"cancellation_reason": ""}),), "cancel-empty-500"),
    ((cancel({"cancellation_reason": "¡Perdón! 🤒"}),), "cancel-unicode-500"),
    ((cancel({"cancellation_reason": "x" * 256}),), "cancel-long-500"),
    ((cancel(REASON, who=None),), "cancel-no-auth cancel-401-as-403"),
    ((cancel(REASON, who=INVENTED),), "cancel-any-token"),
    ((cancel(REASON, who=EXPIRED),), "cancel-expired-token"),
    ((cancel(REASON, who=READER),), "cancel-role-not-checked cancel-403-as-401"),
    (
        (cancel(REASON), READ),
        "cancel-without-effect cancel-status-kept cancel-date-missing cancel-reason-lost"
        " cancel-removes-record cancel-wrong-record cancel-date-shifted cancel-reason-truncated",
    ),
    ((cancel(REASON), cancel(REASON)), "cancel-twice-500 cancel-twice-refused"),
    ((cancel(REASON, CANCELLED), patch(key=CANCELLED)), "cancel-twice-overwrites"),
    ((replace(cancel(REASON), method="GET"),), "cancel-undeclared-method"),
    (
        (READ,),
        "patch-without-envelope patch-null-envelope patch-duration-as-text patch-date-with-slashes"
        " patch-date-without-offset patch-birth-date-as-moment patch-department-id-uuid"
        " patch-booleans-as-numbers patch-media-type patch-truncated-json patch-answers-204",
    ),
    ((patch(key=CANCELLED),), "patch-status-misspelled"),
    ((patch(key=WAITING),), "patch-data-null"),
    ((patch({"features_bandwidth": "enormous"}),), "patch-bandwidth-open"),
    ((patch({"status": "lost"}),), "patch-status-open"),
    ((patch({"appointment_at": "tomorrow"}),), "patch-date-format-open"),
    ((patch({"claimant": {"date_of_birth": "12/31/1999"}}),), "patch-birth-date-format-open"),
    ((patch({"claimant": {"email": "nobody"}}),), "patch-email-format-open"),
    ((patch({"duration_in_minutes": "60"}),), "patch-number-as-string"),
    ((patch({"features_screen_sharing_enable": "maybe"}),), "patch-boolean-as-string"),
    ((patch({"duration_in_minutes": None}),), "patch-null-accepted"),
    ((patch({"claimant": {"name": None}}),), "patch-null-nested-accepted"),
    ((patch(NO_LANGUAGE),), "patch-null-language-refused patch-null-ignored"),
    ((patch({"duration_in_minutes": 0}),), "patch-zero-500"),
    ((patch({"duration_in_minutes": -1}),), "patch-negative-500"),
    ((patch({"duration_in_minutes": 2**31}),), "patch-huge-500"),
    (
        (patch(LANGUAGE),),
        "patch-unicode-500 patch-language-ignored patch-language-lowercased patch-language-truncated",
    ),
    ((replace(patch(LANGUAGE), media_type=TEXT),), "patch-content-type-ignored"),
    ((patch(raw=b"{'a': 1}"),), "patch-malformed-500 patch-malformed-accepted"),
    ((patch([]),), "patch-list-accepted"),
    ((patch(key="12"),), "patch-non-uuid-500"),
    ((patch({"department_id": UNKNOWN}),), "patch-unknown-department-500"),
    ((replace(READ, path=f"{READ.path}?_method=DELETE"),), "patch-method-query-open"),
    ((patch(who=None),), "patch-no-auth"),
    ((patch(who=INVENTED),), "patch-any-token"),
    ((patch(who=EXPIRED),), "patch-expired-token"),
    ((patch(who=AGENT.removeprefix("Bearer ")),), "patch-any-scheme"),
    ((patch(who=FORGED),), "patch-signature-ignored"),
    ((patch(LANGUAGE, who=READER),), "patch-role-not-checked"),
    ((patch(LANGUAGE), READ), "patch-not-saved patch-other-record patch-resets-others"),
    ((patch(LANGUAGE, CANCELLED),), "patch-revives-cancelled"),
    ((patch({"claimant": {"name": "  Jo  "}}),), "patch-nested-merge-lost patch-name-trimmed"),
    (
        (patch({"claimant": {"data": [{"id": ITEM, "value": "new"}]}}),),
        "patch-data-replaced patch-data-label-lost patch-data-ignored",
    ),
    ((patch({"department_id": PHYSIOTHERAPY}),), "patch-department-not-moved"),
    ((patch({"features_screen_sharing_enable": False}),), "patch-false-ignored"),
    ((patch({"appointment_at": "2026-04-01T10:00:00Z"}),), "patch-time-shifted"),
    ((patch({"claimant": {"date_of_birth": "1980-03-01"}}),), "patch-birth-date-off-by-one"),
    ((form(duration_in_minutes="25"),), "override-ignored override-not-coerced override-answers-201"),
    ((form(query="", duration_in_minutes="25"),), "override-any-post"),
    ((form(query="?_method=DELETE"),), "override-wrong-verb"),
    (
        (multipart({"claimant[name]": "Zoë"}),),
        "override-multipart-refused override-text-mangled override-nested-lost",
    ),
    ((form(features_screen_sharing_enable="false"),), "override-false-is-true"),
    ((form(interpreter_language="Welsh"), READ), "override-not-saved override-resets-others"),
    ((form(who=None, interpreter_language="Welsh"),), "override-no-auth"),
    ((form(who=READER, interpreter_language="Welsh"),), "override-role-not-checked"),
    ((form(features_bandwidth="enormous"),), "override-bandwidth-open"),
)
RESERVATIONS: tuple[Probe, ...] = (
    ((delete(),), "delete-answers-200"),
    ((delete(77),), "delete-error-key delete-error-as-text delete-unknown-204"),
    ((replace(delete(), method="GET"),), "delete-without-allow delete-undeclared-method"),
    ((delete("abc"),), "delete-text-id-500"),
    ((delete(-1),), "delete-negative-500"),
    ((delete(2**64),), "delete-huge-500"),
    ((delete(who=None),), "delete-no-auth delete-401-as-403"),
    ((delete(who=INVENTED),), "delete-any-token"),
    ((delete(who=EXPIRED),), "delete-expired-token"),
    ((delete(who=FORGED),), "delete-signature-ignored"),
    ((delete(who=OTHER_PATIENT),), "delete-403-as-401 delete-others-allowed"),
    ((delete(who=ADMIN),), "delete-admin-refused"),
    ((delete(who=DOCTOR),), "delete-doctor-refused"),
    ((delete(who=OTHER_DOCTOR),), "delete-any-doctor"),
    ((delete(90, 42, ADMIN),), "delete-owner-ignored"),
    ((delete(), delete()), "delete-without-effect delete-second-500"),
    ((delete(), put()), "delete-only-hides"),
    ((delete(), put(92)), "delete-removes-all delete-wrong-record"),
    (
        (delete(91),),
        "delete-protected-ignored delete-protected-500 delete-protected-answers-200"
        " delete-protected-without-reason",
    ),
    (
        (put(), put()),
        "put-deletes put-status-ignored put-status-lowercased put-reason-lost put-owner-changed",
    ),
    ((put(77),), "put-unknown-500 put-unknown-accepted"),
    ((put(raw=b"{"),), "put-malformed-500"),
    ((put(body={"status": ""}),), "put-empty-500"),
    ((put(who=None),), "put-no-auth"),
    ((put(who=INVENTED),), "put-any-token"),
    ((put(90, PATIENT),), "put-others-allowed"),
)
CITAS: tuple[Probe, ...] = (
    (
        (cancelar(),),
        "cita-answers-204 cita-answers-201 cita-without-envelope cita-message-missing cita-id-as-text"
        " cita-client-as-text cita-doctor-as-zero cita-date-as-day-month cita-media-type cita-truncated-json"
        " cita-message-english cita-body-required cita-doctor-kept cita-estado-kept cita-estado-misspelled"
        " cita-wrong-record cita-confirmed-date-lost cita-confirmed-time-lost cita-confirmed-overwritten"
        " cita-symptoms-lost cita-created-at-renewed cita-time-shifted",
    ),
    ((cancelar(who=None),), "cita-error-key cita-no-auth cita-401-as-403"),
    ((cancelar(77),), "cita-error-as-text cita-unknown-accepted"),
    ((cancelar(who=MEDICO),), "cita-forbidden-english cita-403-as-401 cita-role-not-checked"),
    ((replace(cancelar(), method="GET"),), "cita-undeclared-method cita-without-allow"),
    ((cancelar(who=INVENTED),), "cita-any-token"),
    ((cancelar(who=EXPIRED),), "cita-expired-token"),
    ((cancelar(who="Basic admin-token"),), "cita-any-scheme"),
    ((cancelar(who=ASISTENTE),), "cita-asistente-refused"),
    ((cancelar(), cancelar()), "cita-twice-refused cita-removes-record"),
    ((cancelar(4),), "cita-completed-refused"),
    ((cancelar(2),), "cita-without-doctor-500"),
)

PROBES: dict[str, tuple[Call, ...]] = {
    name: calls for calls, names in (*SQOD, *RESERVATIONS, *CITAS) for name in names.split()
}

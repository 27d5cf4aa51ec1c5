"""An API of payments: accounts with balances, keys against repetition, captures by those who may."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from tests.check.serving import Asked, Told
from tests.mutation.unseen.routed import (
    RefusedError,
    Routed,
    body_of,
    number,
    one_of,
    or_null,
    query_of,
    raw_body,
    text,
    whole_number,
)

DOCUMENT = """
openapi: 3.0.3
info: {title: Payments, version: '1'}
security: [{token: []}]
paths:
  /me:
    get:
      operationId: whoAmI
      responses: {'200': {description: The caller., content: {application/json: {schema: {type: object,
        required: [name, may_capture], properties: {name: {type: string}, may_capture: {type: boolean}}}}}}, '401': *who}
  /accounts:
    get:
      operationId: listAccounts
      responses: {'200': {description: All., content: {application/json: {schema: {type: array, items:
        {$ref: '#/components/schemas/Account'}}}}}, '401': *who}
    post:
      operationId: openAccount
      requestBody: {required: true, content: {application/json: {schema: {type: object, required: [holder],
        properties: {holder: {type: string, minLength: 1, maxLength: 60}}}}}}
      responses: {'201': &account {description: It., content: {application/json: {schema:
        {$ref: '#/components/schemas/Account'}}}}, '400': *no, '401': *who, '415': *no}
  /accounts/{accountId}:
    parameters: [{name: accountId, in: path, required: true, schema: {type: string, pattern: '^acc_[0-9]+$'}}]
    get: {operationId: showAccount, responses: {'200': *account, '400': *no, '401': *who, '404': *no}}
  /payments:
    get:
      operationId: listPayments
      parameters:
        - {name: starting_after, in: query, schema: {type: string}}
        - {name: limit, in: query, schema: {type: integer, minimum: 1, maximum: 100, default: 10}}
        - {name: currency, in: query, schema: {type: string, enum: [EUR, USD]}}
      responses: {'200': {description: A page., content: {application/json: {schema: {type: object,
        required: [data, has_more], properties: {data: {type: array, items: {$ref: '#/components/schemas/Payment'}},
        has_more: {type: boolean}}}}}}, '400': *no, '401': *who}
    post:
      operationId: createPayment
      parameters:
        - {name: Idempotency-Key, in: header, schema: {type: string, minLength: 1, maxLength: 100},
           description: A second request with the same key has no further effect.}
      requestBody: {required: true, content: {application/json: {schema: {type: object,
        required: [account_id, amount, currency], properties: {
          account_id: {type: string, pattern: '^acc_[0-9]+$', description: The id of an account.},
          amount: {type: integer, format: int64, minimum: 1, maximum: 100000000000},
          currency: {type: string, enum: [EUR, USD]},
          note: &note {type: string, nullable: true, maxLength: 200},
          reference: &reference {type: string, nullable: true, maxLength: 40}}}}}}
      responses: {'201': &payment {description: It., content: {application/json: {schema:
        {$ref: '#/components/schemas/Payment'}}}}, '400': *no, '401': *who, '415': *no, '422': *no}
  /payments/{paymentId}:
    parameters: [&id {name: paymentId, in: path, required: true, schema: {type: string, pattern: '^pay_[0-9]+$'}}]
    get: {operationId: showPayment, responses: {'200': *payment, '400': *no, '401': *who, '404': *no}}
    patch:
      operationId: annotatePayment
      requestBody: {required: true, content: {application/merge-patch+json: {schema: {type: object, properties: {
        note: *note, reference: *reference}}}}}
      responses: {'200': *payment, '400': *no, '401': *who, '404': *no, '415': *no}
  /payments/{paymentId}/capture:
    parameters: [*id]
    post:
      operationId: capturePayment
      responses: {'200': *payment, '400': *no, '401': *who, '403': *no, '404': *no, '409': *no}
components:
  securitySchemes: {token: {type: http, scheme: bearer}}
  schemas:
    Account:
      type: object
      required: [id, holder, balance, payments]
      properties:
        id: {type: string, readOnly: true}
        holder: {type: string}
        balance: {type: integer, format: int64, readOnly: true, description: The sum of its payments.}
        payments: {type: integer, readOnly: true, description: How many payments it has.}
    Payment:
      type: object
      required: [id, account_id, amount, currency, note, reference, status]
      properties:
        id: {type: string, readOnly: true}
        account_id: {type: string}
        amount: {type: integer, format: int64}
        currency: {type: string, enum: [EUR, USD]}
        note: *note
        reference: *reference
        status: {type: string, enum: [pending, captured], readOnly: true}
"""  # noqa: E501  schemas on one line are read at once
_SCHEMA = "{type: object, required: [error], properties: {error: {type: string}}}"
_ERROR = f"content: {{application/json: {{schema: {_SCHEMA}}}}}"
DOCUMENT = DOCUMENT.replace("'401': *who", f"'401': &who {{description: Unknown caller., {_ERROR}}}", 1)
DOCUMENT = DOCUMENT.replace("'400': *no", f"'400': &no {{description: No., {_ERROR}}}", 1)

FAULTS: Mapping[str, tuple[str, str]] = {
    "repeated-key-counts-twice": ("unforeseen", "createPayment"),
    "null-takes-more": ("unforeseen", "annotatePayment"),
    "status-settable": ("foreseen", "annotatePayment"),
    "refused-but-done": ("foreseen", "capturePayment"),
    "amount-wraps": ("foreseen", "createPayment"),
    "caller-cached": ("foreseen", "whoAmI"),
}
TOKENS: Mapping[str, str] = {"chief": "chief-11", "clerk": "clerk-22"}
_CALLERS = {f"Bearer {token}": name for name, token in TOKENS.items()}
_NOTES = {"note": or_null(text(0, 200)), "reference": or_null(text(0, 40))}
_CHECKS = {
    "account_id": text(1, 100, "acc_[0-9]+"),
    "amount": number(1, 100_000_000_000, whole=True),
    "currency": one_of("EUR", "USD"),
    **_NOTES,
}
_ACCOUNTS = (
    {"id": "acc_1", "holder": "Ida", "balance": 1200, "payments": 1},
    {"id": "acc_2", "holder": "Max", "balance": 0, "payments": 0},
)
_PAYMENTS = (
    {
        "id": "pay_1",
        "account_id": "acc_1",
        "amount": 1200,
        "currency": "EUR",
        "note": "first",
        "reference": "R-1",
        "status": "pending",
    },
)


class Payments(Routed):
    """Keeps accounts and payments, with a fault or none."""

    routes: ClassVar[Mapping[str, Mapping[str, str]]] = {
        "/me": {"GET": "me"},
        "/accounts": {"GET": "all_accounts", "POST": "open"},
        "/accounts/([^/]+)": {"GET": "account"},
        "/payments": {"GET": "all", "POST": "create"},
        "/payments/([^/]+)": {"GET": "one", "PATCH": "annotate"},
        "/payments/([^/]+)/capture": {"POST": "capture"},
    }

    def __init__(self, fault: str = "") -> None:
        super().__init__(fault)
        self.accounts: dict[str, dict[str, Any]] = {str(one["id"]): dict(one) for one in _ACCOUNTS}
        self.payments: dict[str, dict[str, Any]] = {str(one["id"]): dict(one) for one in _PAYMENTS}
        self.keys: dict[tuple[str, str], tuple[bytes, str]] = {}
        self.first_caller: str | None = None

    def _caller(self, asked: Asked) -> str:
        if asked.headers.get("authorization") not in _CALLERS:
            raise RefusedError(401)
        return _CALLERS[asked.headers["authorization"]]

    def _find(self, records: Mapping[str, dict[str, Any]], prefix: str, key: str) -> dict[str, Any]:
        if not re.fullmatch(f"{prefix}_[0-9]+", key, re.ASCII):
            raise RefusedError(400)
        if key not in records:
            raise RefusedError(404)
        return records[key]

    def me(self, asked: Asked) -> Told:
        """Answer such a request."""
        caller = self._caller(asked)
        if self.fault == "caller-cached":
            self.first_caller = caller = self.first_caller or caller
        return Told(200, {"name": caller, "may_capture": caller == "chief"})

    def all_accounts(self, asked: Asked) -> Told:
        """Answer such a request."""
        self._caller(asked)
        return Told(200, list(self.accounts.values()))

    def open(self, asked: Asked) -> Told:
        """Answer such a request."""
        self._caller(asked)
        fields = body_of(asked, {"holder": text(1, 60)}, ("holder",))
        key = f"acc_{len(self.accounts) + 1}"
        self.accounts[key] = {"id": key, **fields, "balance": 0, "payments": 0}
        return Told(201, self.accounts[key])

    def account(self, asked: Asked, key: str) -> Told:
        """Answer such a request."""
        self._caller(asked)
        return Told(200, self._find(self.accounts, "acc", key))

    def all(self, asked: Asked) -> Told:
        """Answer such a request."""
        self._caller(asked)
        query = query_of(asked)
        limit = whole_number(query, "limit", 1, 100, 10)
        if query.get("currency") not in (None, "EUR", "USD"):
            raise RefusedError(400)
        found = [one for one in self.payments.values() if query.get("currency") in (None, one["currency"])]
        after = query.get("starting_after")
        if after is not None:
            if after not in self.payments:
                raise RefusedError(400)
            keys = list(self.payments)
            found = [one for one in found if keys.index(one["id"]) > keys.index(after)]
        return Told(200, {"data": found[:limit], "has_more": len(found) > limit})

    def create(self, asked: Asked) -> Told:
        """Answer such a request."""
        caller = self._caller(asked)
        key = asked.headers.get("idempotency-key")
        if key is not None and not 1 <= len(key) <= 100:
            raise RefusedError(400)
        fields = body_of(asked, _CHECKS, ("account_id", "amount", "currency"))
        account = self.accounts.get(fields["account_id"])
        if account is None:
            raise RefusedError(422)
        known = self.keys.get((caller, key)) if key is not None else None
        if known is not None:
            if known[0] != asked.body:
                raise RefusedError(422)
            payment = self.payments[known[1]]
            if self.fault == "repeated-key-counts-twice":
                self._count(account, payment)
            return Told(201, payment)
        if self.fault == "amount-wraps":
            fields["amount"] = (int(fields["amount"]) + 2**31) % 2**32 - 2**31
        name = f"pay_{len(self.payments) + 1}"
        payment = {"id": name, "note": None, "reference": None, "status": "pending", **fields}
        self.payments[name] = payment
        self._count(account, payment)
        if key is not None:
            self.keys[caller, key] = (asked.body, name)
        return Told(201, payment)

    def _count(self, account: dict[str, Any], payment: Mapping[str, Any]) -> None:
        account["balance"] += int(payment["amount"])
        account["payments"] += 1

    def one(self, asked: Asked, key: str) -> Told:
        """Answer such a request."""
        self._caller(asked)
        return Told(200, self._find(self.payments, "pay", key))

    def annotate(self, asked: Asked, key: str) -> Told:
        """Answer such a request."""
        self._caller(asked)
        payment = self._find(self.payments, "pay", key)
        if (
            asked.headers.get("content-type", "").partition(";")[0].strip().lower()
            != "application/merge-patch+json"
        ):
            raise RefusedError(415)
        plain = Asked(asked.method, asked.path, asked.query, {"content-type": "application/json"}, asked.body)
        fields = body_of(plain, _NOTES)
        payment.update(fields)
        if self.fault == "null-takes-more" and None in fields.values():
            payment.update({"note": None, "reference": None})
        status = raw_body(plain).get("status")
        if self.fault == "status-settable" and status in ("pending", "captured"):
            payment["status"] = status
        return Told(200, payment)

    def capture(self, asked: Asked, key: str) -> Told:
        """Answer such a request."""
        caller = self._caller(asked)
        payment = self._find(self.payments, "pay", key)
        allowed = caller == "chief"
        if not allowed and self.fault != "refused-but-done":
            raise RefusedError(403)
        if payment["status"] == "captured":
            raise RefusedError(409)
        payment["status"] = "captured"
        if not allowed:
            raise RefusedError(403)
        return Told(200, payment)


FIXTURES: Mapping[str, Any] = {
    "identities": {
        "chief": {"subject": "chief", "roles": ["chief"]},
        "clerk": {"subject": "clerk", "roles": ["clerk"]},
    },
    "collections": {
        "accounts": {"key": "id", "records": list(_ACCOUNTS)},
        "payments": {"key": "id", "records": list(_PAYMENTS)},
    },
}

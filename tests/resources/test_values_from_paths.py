"""Properties of records that come from their paths, from the record above, and from what was sent."""

from __future__ import annotations

from pathlib import Path

from tests.resources.mocking import answering, mock, parameter, taking

TEXT = {"type": "string"}
NUMBER = {"type": "integer"}


def test_both_parameters_in_a_row_are_shown(tmp_path: Path) -> None:
    """`/translations/{key}/{locale}` names one record by two of its properties, whatever they are called."""
    names = ("key", "locale", "text")
    record = {"type": "object", "required": [*names], "properties": dict.fromkeys(names, TEXT)}
    sent = {"type": "object", "required": ["text"], "properties": {"text": TEXT}}
    call = mock(
        {
            "paths": {
                "/translations/{key}/{locale}": {
                    "parameters": [parameter("key", "path"), parameter("locale", "path")],
                    "get": answering(record),
                    "put": {**taking(sent), **answering(record)},
                }
            }
        },
        tmp_path,
    )
    german = {"key": "greeting", "locale": "de", "text": "Hallo"}
    french = {"key": "greeting", "locale": "fr", "text": "Bonjour"}

    assert call("PUT", "/translations/greeting/de", {"text": "Hallo"}).json == german
    assert call("PUT", "/translations/greeting/fr", {"text": "Bonjour"}).json == french
    assert call("GET", "/translations/greeting/de").json == german


def test_a_reply_is_at_the_post_of_its_comment(tmp_path: Path) -> None:
    """A record below another has the ids of that one's parents, unless others were sent."""
    names = {"id": NUMBER, "post_id": NUMBER, "parent_id": {**NUMBER, "nullable": True}, "body": TEXT}
    comment = {"$ref": "#/components/schemas/Comment"}
    sent = {"type": "object", "required": ["body"], "properties": {"body": TEXT}}
    item = [parameter("comment_id", "path", type="integer")]
    call = mock(
        {
            "components": {
                "schemas": {"Comment": {"type": "object", "required": [*names], "properties": names}}
            },
            "paths": {
                "/posts/{post_id}/comments": {
                    "parameters": [parameter("post_id", "path", type="integer")],
                    "get": answering({"type": "array", "items": comment}),
                    "post": {**taking(sent), **answering(comment, "201")},
                },
                "/comments/{comment_id}": {"parameters": item, "get": answering(comment)},
                "/comments/{comment_id}/replies": {
                    "parameters": item,
                    "get": answering({"type": "array", "items": comment}),
                    "post": {**taking(sent), **answering(comment, "201")},
                },
            },
        },
        tmp_path,
    )
    first = call("POST", "/posts/3/comments", {"body": "one"}).json
    reply = call("POST", f"/comments/{first['id']}/replies", {"body": "two"}).json

    assert (first["post_id"], reply["post_id"]) == (3, 3)
    assert reply["parent_id"] == first["id"]


def test_a_number_counts_the_ids_that_were_sent(tmp_path: Path) -> None:
    """`trackCount` is how many `trackIds` there are, also after a PUT."""
    count = {**NUMBER, "readOnly": True}
    names = {"id": count, "name": TEXT, "trackIds": {"type": "array", "items": NUMBER}, "trackCount": count}
    record = {"type": "object", "required": [*names], "properties": names}
    call = mock(
        {
            "paths": {
                "/lists": {"post": {**taking(record), **answering(record, "201")}},
                "/lists/{id}": {
                    "parameters": [parameter("id", "path", type="integer")],
                    "get": answering(record),
                    "put": {**taking(record), **answering(record)},
                },
            }
        },
        tmp_path,
    )
    made = call("POST", "/lists", {"name": "Rain", "trackIds": [4, 9, 2]}).json
    put = call("PUT", f"/lists/{made['id']}", {"name": "Rain", "trackIds": [4]}).json

    assert (made["trackCount"], put["trackCount"]) == (3, 1)


def test_a_day_is_bounded_by_a_parameter_of_its_verb(tmp_path: Path) -> None:
    """`opened_after` bounds `opened_on`, as `created_after` bounds `created_at`."""
    day = {"type": "string", "format": "date"}
    names = {"id": NUMBER, "opened_on": day}
    record = {"type": "object", "required": [*names], "properties": names}
    sent = {"type": "object", "required": ["opened_on"], "properties": {"opened_on": day}}
    listed = answering({"type": "array", "items": record})
    call = mock(
        {
            "paths": {
                "/shops": {
                    "get": {
                        **listed,
                        "parameters": [parameter("opened_after", type="string", format="date")],
                    },
                    "post": {**taking(sent), **answering(record, "201")},
                }
            }
        },
        tmp_path,
    )
    made = [call("POST", "/shops", {"opened_on": day}).json for day in ("2001-05-01", "2099-05-01")]

    assert call("GET", "/shops?opened_after=2099-01-01").json == made[1:]

"""What a log may hold of Graph's refusals: the code and the request's id, and of its text known phrases only."""

import logging

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioning.graph.batch_items import BatchRequest, read_answers
from provisioning.graph.errors import KNOWN_PHRASES, PermissionDenied, name_request, quote_known, read_error
from provisioning.people.group_refusals import what_graph_said

ADDRESS = "ada.lovelace@example.com"
REQUEST_ID = "8c6f2a1e-5f0b-4f0e-9a57-0b6f4c1d2e3f"
ECHOES = [
    f"Invalid filter clause: userPrincipalName eq '{ADDRESS}'.",
    f"Resource '{ADDRESS}' does not exist or one of its queried reference-property objects are not present.",
    f"Another object with the value {ADDRESS} for property uniqueName already exists.",
    f"Insufficient privileges to complete the operation. Caller: {ADDRESS}",
    ADDRESS,
    "",
]


def refusal(text: str, *, code: str = "Request_BadRequest", status: int = 400, request_id: str = REQUEST_ID) -> bytes:
    error = read_error(
        status,
        orjson.dumps({"error": {"code": code, "message": text}}),
        headers={"request-id": request_id},
        request="GET /users",
    )
    logging.getLogger("provisioning.test").warning("refused: %s", error)
    return f"{error}{error!r}{error.args}{error.answer}".encode()


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409])
@pytest.mark.parametrize("text", ECHOES)
def test_an_address_that_graph_echoes_stays_out_of_the_log(
    caplog: pytest.LogCaptureFixture, text: str, status: int
) -> None:
    said = refusal(text, status=status).decode()
    for logged in (said, caplog.text):
        assert "ada" not in logged.casefold()
        assert f"{status} Request_BadRequest" in logged
        assert REQUEST_ID in logged


@pytest.mark.parametrize("phrase", KNOWN_PHRASES)
def test_a_known_phrase_is_quoted_without_what_stands_around_it(phrase: str) -> None:
    text = f"{ADDRESS}: {phrase.upper()} ({ADDRESS})"
    assert quote_known(text) == f": {phrase}"
    assert what_graph_said(text) == f"Microsoft Graph said: {phrase}."


@given(text=st.text(), code=st.text(), request_id=st.text())
def test_nothing_that_graph_sends_gets_into_the_sentence_but_what_is_known(
    text: str, code: str, request_id: str
) -> None:
    body = orjson.dumps({"error": {"code": code.encode("utf-8", "replace").decode(), "message": "x" + text + ADDRESS}})
    error = read_error(400, body, headers={"request-id": f"{request_id}@"}, request="GET /users")
    assert "@" not in str(error)
    assert "\n" not in str(error)
    known = quote_known(error.text)
    assert str(error) == f"Microsoft Graph answered 400 {error.code} to GET /users{known}."


def test_the_caller_reads_all_of_it() -> None:
    error = read_error(403, orjson.dumps({"error": {"code": "Denied", "message": ECHOES[0]}}), request="GET /users")
    assert isinstance(error, PermissionDenied)
    assert error.in_full == f"Microsoft Graph answered 403 Denied to GET /users: {ECHOES[0]}"


def test_a_request_is_named_without_its_query() -> None:
    path = f"/users?$filter=userPrincipalName eq '{ADDRESS}'"
    assert name_request("GET", f"https://graph.microsoft.com/v1.0{path}") == "GET /users"
    answers = read_answers(
        [BatchRequest("a", "GET", path)], {"responses": [{"id": "a", "status": 400}]}, unsure=frozenset()
    )
    assert answers["a"].request == "GET /users"

"""Easy Auth's header: what counts as signed in, and everything that does not."""

import base64
import json
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landing.principal import ForeignPrincipal, Principal, read_principal
from provisioning.easy_auth import HEADER
from tests.support import TENANT_ID

OBJECT_ID = "3f1d1f6e-0f0a-4c60-9d0e-6a2f8b1c9d11"
OTHER_TENANT = "11111111-1111-4111-8111-111111111111"
LONG = {
    "oid": "http://schemas.microsoft.com/identity/claims/objectidentifier",
    "tid": "http://schemas.microsoft.com/identity/claims/tenantid",
}


def encoded(claims: list[tuple[str, str]]) -> str:
    content = {"auth_typ": "aad", "claims": [{"typ": kind, "val": value} for kind, value in claims]}
    return base64.b64encode(json.dumps(content).encode()).decode()


def read(header: str, *, auth_enabled: bool = True) -> Principal | ForeignPrincipal | None:
    return read_principal({HEADER: header}, auth_enabled=auth_enabled, tenant_id=UUID(TENANT_ID))


@pytest.mark.pitfall("I3")
def test_short_and_long_claim_names_mean_the_same_person() -> None:
    """azure-functions-host#3898."""
    short = read(encoded([("oid", OBJECT_ID), ("tid", TENANT_ID), ("name", "Mia Berg")]))
    long = read(encoded([(LONG["oid"], OBJECT_ID), (LONG["tid"], TENANT_ID), ("name", "Mia Berg")]))
    assert short == long == Principal(object_id=OBJECT_ID, name="Mia Berg")


@pytest.mark.pitfall("I1")
def test_without_the_header_nobody_is_signed_in() -> None:
    """static-web-apps#751."""
    assert read_principal({}, auth_enabled=True, tenant_id=UUID(TENANT_ID)) is None


def test_the_header_means_nothing_while_easy_auth_is_off() -> None:
    assert read(encoded([("oid", OBJECT_ID), ("tid", TENANT_ID)]), auth_enabled=False) is None


@pytest.mark.parametrize(
    "claims",
    [
        [("oid", OBJECT_ID)],
        [("tid", TENANT_ID)],
        [("oid", "admin"), ("tid", OTHER_TENANT)],
        [("oid", OBJECT_ID), ("tid", OTHER_TENANT), ("tid", TENANT_ID)],
        [("oid", "admin"), ("tid", TENANT_ID)],
        [("oid", OBJECT_ID), ("oid", TENANT_ID), ("tid", TENANT_ID)],
        [("oid", OBJECT_ID), (LONG["oid"], TENANT_ID), ("tid", TENANT_ID)],
    ],
)
def test_what_is_not_certain_is_nobody(claims: list[tuple[str, str]]) -> None:
    assert read(encoded(claims)) is None


def test_a_person_of_another_tenant_is_told_from_nobody() -> None:
    """Nobody would be asked to sign in, and the same account would come straight back."""
    found = read(encoded([("oid", OBJECT_ID), ("tid", OTHER_TENANT), ("preferred_username", "mia@other.example")]))
    assert found == ForeignPrincipal("mia@other.example")


@pytest.mark.parametrize(
    ("claims", "external"),
    [
        ([], False),
        ([("preferred_username", "mia.berg@example.com")], False),
        ([("preferred_username", "kai.lund_partner.example#EXT#@example.com")], True),
        ([("upn", "kai.lund_partner.example#ext#@example.com")], True),
        ([("idp", f"https://sts.windows.net/{OTHER_TENANT}/")], True),
        ([("http://schemas.microsoft.com/identity/claims/identityprovider", "live.com")], True),
        ([("idp", f"https://sts.windows.net/{TENANT_ID}/")], False),
        ([("idp", f"https://login.microsoftonline.com/{TENANT_ID.upper()}/v2.0")], False),
    ],
)
def test_who_signs_in_at_another_organization_is_external(claims: list[tuple[str, str]], external: bool) -> None:
    """entra-docs, id-token-claims-reference: idp is there when another organization signed the person in."""
    found = read(encoded([("oid", OBJECT_ID), ("tid", TENANT_ID), *claims]))
    assert isinstance(found, Principal)
    assert found.external is external


@pytest.mark.parametrize("odd", [None, 7, [], {"typ": "oid"}, {"val": "x"}, {"typ": "name", "val": 3}, "oid"])
def test_an_odd_entry_does_not_hide_the_others(odd: object) -> None:
    """An entry without a value once made the person nobody, as a KeyError ended the whole list."""
    items = [{"typ": "oid", "val": OBJECT_ID}, odd, {"typ": "tid", "val": TENANT_ID}]
    found = read(base64.b64encode(json.dumps({"claims": items}).encode()).decode())
    assert found == Principal(object_id=OBJECT_ID)


def test_a_long_or_blank_name_is_no_trouble() -> None:
    claims = [("oid", OBJECT_ID), ("tid", TENANT_ID), ("name", "  "), ("name", "M" * 500)]
    found = read(encoded(claims))
    assert found is not None
    assert isinstance(found, Principal)
    assert found.name == "M" * 128


def test_an_oversized_header_is_nobody() -> None:
    assert read(encoded([("oid", OBJECT_ID), ("tid", TENANT_ID), ("x", "y" * 16_384)])) is None


@given(st.one_of(st.text(), st.binary().map(lambda raw: base64.b64encode(raw).decode())))
def test_garbage_is_nobody(header: str) -> None:
    assert read(header) is None


@given(
    st.recursive(
        st.none() | st.text(max_size=9) | st.integers(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
        max_leaves=8,
    )
)
def test_any_json_is_nobody(content: object) -> None:
    assert read(base64.b64encode(json.dumps({"claims": content}).encode()).decode()) is None
    assert read(base64.b64encode(json.dumps(content).encode()).decode()) is None

"""Writes `graph_types.json` from Microsoft's metadata: the types that this stand-in serves, and those they are made of.

    python -m local.entra.protocol.extract_types cleanMetadata.xml

The file is clean_v10_metadata/cleanMetadata.xml of microsoftgraph/msgraph-metadata (MIT); the table was made from
commit f54f11b of 2026-08-20.
"""

import json
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

TABLE = Path(__file__).with_name("graph_types.json")
EDM = "{http://docs.oasis-open.org/odata/ns/edm}"
PREFIX = "graph."
SERVED = (
    "application",
    "servicePrincipal",
    "group",
    "user",
    "federatedIdentityCredential",
    "appRoleAssignment",
    "conditionalAccessPolicy",
    "authenticationStrengthPolicy",
    "ipNamedLocation",
    "countryNamedLocation",
    "temporaryAccessPassAuthenticationMethod",
    "authenticationMethodsPolicy",
    "fido2AuthenticationMethodConfiguration",
    "emailAuthenticationMethodConfiguration",
    "microsoftAuthenticatorAuthenticationMethodConfiguration",
    "smsAuthenticationMethodConfiguration",
    "softwareOathAuthenticationMethodConfiguration",
    "temporaryAccessPassAuthenticationMethodConfiguration",
    "voiceAuthenticationMethodConfiguration",
    "x509CertificateAuthenticationMethodConfiguration",
    "qrCodePinAuthenticationMethodConfiguration",
    "identitySecurityDefaultsEnforcementPolicy",
)


def short(type_name: str) -> str:
    """`Collection(graph.addIn)` as `addIn*`, `Edm.String` as it is."""
    item = re.fullmatch(r"Collection\((.*)\)", type_name)
    name = (item[1] if item else type_name).removeprefix("microsoft.").removeprefix(PREFIX)
    return f"{name}*" if item else name


def named(element: ElementTree.Element, kind: str) -> dict[str, str]:
    return {child.attrib["Name"]: short(child.attrib["Type"]) for child in element.findall(f"{EDM}{kind}")}


def described(element: ElementTree.Element) -> dict[str, Any]:
    """One type of the metadata as the table has it."""
    attributes = element.attrib
    if element.tag == f"{EDM}EnumType":
        members = [member.attrib["Name"] for member in element.findall(f"{EDM}Member")]
        return {"members": members, **({"flags": True} if attributes.get("IsFlags") == "true" else {})}
    return {
        **({"base": short(attributes["BaseType"])} if "BaseType" in attributes else {}),
        **({"abstract": True} if attributes.get("Abstract") == "true" else {}),
        **({"open": True} if attributes.get("OpenType") == "true" else {}),
        "properties": named(element, "Property"),
        **({"navigation": navigation} if (navigation := named(element, "NavigationProperty")) else {}),
    }


def closure(types: dict[str, dict[str, Any]], roots: Iterable[str]) -> list[str]:
    """The types that the roots are made of, those derived from a complex one of them included."""
    found: dict[str, None] = {}
    waiting = list(roots)
    while waiting:
        name = waiting.pop()
        if name in found or name not in types:
            continue
        found[name] = None
        described_type = types[name]
        waiting.extend(kind.rstrip("*") for kind in described_type.get("properties", {}).values())
        waiting.extend([described_type["base"]] if "base" in described_type else ())
        if described_type.get("abstract") and described_type.get("base") is None and name != "entity":
            waiting.extend(other for other, item in types.items() if item.get("base") == name)
    return sorted(found)


def main(source: str) -> None:
    """Write the table, one type a line."""
    tags = tuple(f"{EDM}{kind}" for kind in ("EntityType", "ComplexType", "EnumType"))
    schemas = ElementTree.parse(source).iter(f"{EDM}Schema")
    elements = [item for schema in schemas for item in schema if item.tag in tags]
    types = {item.attrib["Name"]: described(item) for item in elements}
    missing = [name for name in SERVED if name not in types]
    if missing:
        raise SystemExit(f"{source} has no type {missing[0]}.")
    lines = [f"{json.dumps(name)}: {json.dumps(types[name])}" for name in closure(types, SERVED)]
    TABLE.write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main(sys.argv[1])

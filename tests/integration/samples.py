"""The table of deliveries: one at least for each source there is."""

from tests.integration.deliveries import (
    ADMIN,
    CLOUD_EVENT,
    DAY,
    DEEL,
    GRID_EVENT,
    HIRED,
    OKTA,
    OWN,
    WHSEC,
    Sample,
    bamboo,
    bamboo_form,
    bob,
    finch,
    hexed,
    lever,
    merge,
    remote,
    standard,
    structured,
    with_header,
)

STAMP = "2026-11-20T09:00:00Z"
BAMBOO_STAMP = "2026-11-20T09:00:00+0000"
BASIC = with_header("authorization", "Basic ", encode=True)
MIA = "mia.berg@example.com"
CREDENTIALS = "hires:4b1f0e9c"

SAMPLES = {
    "standard-webhooks": Sample(
        "standard-webhooks",
        {"type": "hire", "timestamp": STAMP, "data": OWN},
        standard,
        ("hire", "1187", DAY),
        unverified=False,
        address=MIA,
        secret=WHSEC,
    ),
    "cloudevents": Sample("cloudevents", CLOUD_EVENT, structured, ("hire", "1187", DAY), unverified=False, address=MIA),
    "eventgrid": Sample(
        "eventgrid", [GRID_EVENT], with_header("x-webhook-secret"), ("hire", "1187", DAY), unverified=False, address=MIA
    ),
    "bamboohr": Sample(
        "bamboohr",
        {"type": "employee.created", "timestamp": BAMBOO_STAMP, "data": {"companyId": "40411", "employeeId": "1187"}},
        bamboo,
        ("hire", "1187", None),
        unverified=False,
    ),
    "bamboohr-fields": Sample(
        "bamboohr",
        {
            "employees": [
                {
                    "id": "1187",
                    "action": "Created",
                    "timestamp": BAMBOO_STAMP,
                    "changedFields": [],
                    "fields": {"Work Email": "mia.berg@example.com", "Home Email": "x@y.example", "Hire Date": DAY},
                }
            ]
        },
        bamboo,
        ("hire", "1187", DAY),
        unverified=False,
        address=MIA,
    ),
    "bamboohr-form": Sample(
        "bamboohr",
        {
            "employees[1187][action]": "Updated",
            "employees[1187][changedFields][0]": "Hire Date",
            "employees[1187][Hire Date]": DAY,
            "employees[1187][Work Email]": "mia.berg@example.com",
        },
        bamboo_form,
        ("start_date_changed", "1187", DAY),
        address=MIA,
    ),
    "bamboohr-event-form": Sample(
        "bamboohr",
        {"type": "employee.deleted", "timestamp": BAMBOO_STAMP, "data[employeeId]": "1187"},
        bamboo_form,
        ("cancelled", "1187", None),
    ),
    "hibob": Sample(
        "hibob",
        {
            "companyId": 636192,
            "type": "employee.created",
            "triggeredBy": "3332883884017713238",
            "triggeredAt": "2026-11-20T09:00:00.000000",
            "version": "v2",
            "data": {"employeeId": "3332883884017713999"},
        },
        bob,
        ("hire", "3332883884017713999", None),
    ),
    "personio": Sample(
        "personio",
        {"company_id": "10025", "event_name": "person.created", "occurred_at": STAMP, "payload": {"id": "4711"}},
        with_header("authorization", "Bearer "),
        ("hire", "4711", None),
    ),
    "greenhouse": Sample(
        "greenhouse",
        HIRED,
        hexed("signature", prefix="sha256 ", also={"greenhouse-event-id": "evt-461"}),
        ("hire", "21457", DAY),
        unverified=False,
    ),
    "okta": Sample("okta", OKTA, with_header("authorization"), None, address="mia.berg@example.com"),
    "deel": Sample("deel", DEEL, hexed("x-deel-signature", before=b"POST"), ("hire", "3181", DAY)),
    "gusto": Sample(
        "gusto",
        {
            "uuid": "0f5f6c9e",
            "event_type": "employee.rehired",
            "resource_type": "Company",
            "resource_uuid": "c-1",
            "entity_type": "Employee",
            "entity_uuid": "e-21457",
            "timestamp": 1763629200,
        },
        hexed("x-gusto-signature"),
        ("rehired", "e-21457", None),
    ),
    "ukg": Sample(
        "ukg",
        {
            "EventId": 90210,
            "EventTime": "2026-11-20T15:51:52.64",
            "EventType": "EmployeePersonNameChangeEvent",
            "Operation": "Insert",
            "Payload": {"CoId": "KWVT6", "EeId": "CFKPMK", "IntegrationRecordId": "1"},
            "Tenant": "ACME",
        },
        hexed("x-ukg-signature"),
        ("hire", "CFKPMK", None),
    ),
    "rippling": Sample(
        "rippling",
        {"event_name": "employee.hired", "id": "6569928aa", "company_id": "65699280f", "company_primary_email": ADMIN},
        with_header("authorization", "Bearer ", form=True),
        ("hire", "6569928aa", None),
    ),
    "remote": Sample(
        "remote",
        {"event_type": "employment.onboarding.cancelled", "employment_id": "2e4d8c5a"},
        remote,
        ("cancelled", "2e4d8c5a", None),
    ),
    "workable": Sample(
        "workable",
        {"event_type": "employee_published", "data": {"id": "emp-77", "email": "mia@personal.example"}},
        hexed("x-workable-signature"),
        ("hire", "emp-77", None),
    ),
    "ashby": Sample(
        "ashby",
        {
            "action": "candidateHire",
            "data": {
                "application": {
                    "id": "app-1",
                    "updatedAt": STAMP,
                    "candidate": {"id": "cand-9", "primaryEmailAddress": {"value": "mia@personal.example"}},
                },
                "offer": {"latestVersion": {"startDate": DAY}},
            },
        },
        hexed("ashby-signature", prefix="sha256="),
        ("hire", "cand-9", DAY),
    ),
    "lever": Sample(
        "lever",
        {"event": "candidateHired", "data": {"opportunityId": "opp-5", "contact": "mia@personal.example"}},
        lever,
        ("hire", "opp-5", None),
    ),
    "factorial": Sample(
        "factorial",
        {"id": 8861, "email": "mia@personal.example"},
        with_header("x-factorial-wh-challenge"),
        ("hire", "8861", None),
    ),
    "paylocity": Sample(
        "paylocity",
        {"companyId": "77001", "employeeId": "000123", "employeeAddress1": "1 Main St", "homeEmail": "x@y.example"},
        BASIC,
        ("hire", "000123", None),
        secret=CREDENTIALS,
    ),
    "merge": Sample(
        "merge",
        {
            "hook": {"id": "h-1", "event": "employee.created", "target": "https://front.example.com"},
            "linked_account": {"end_user_email_address": ADMIN},
            "data": {
                "employee_number": "21457",
                "work_email": "mia.berg@example.com",
                "personal_email": "mia@personal.example",
                "start_date": "2026-12-01T00:00:00Z",
                "modified_at": STAMP,
            },
        },
        merge,
        ("hire", "21457", DAY),
        address=MIA,
    ),
    "finch": Sample(
        "finch",
        {"event_type": "individual.created", "company_id": "c-1", "data": {"individual_id": "5d1f6b"}},
        finch,
        ("hire", "5d1f6b", None),
        secret=WHSEC,
    ),
    "workday": Sample(
        "workday",
        {
            "event": "rescinded",
            "eventId": "WD-000123",
            "workerId": "21457",
            "workEmail": "mia.berg@example.com",
            "hireDate": "2026-12-01-08:00",
        },
        BASIC,
        ("cancelled", "21457", DAY),
        unverified=False,
        address=MIA,
        secret=CREDENTIALS,
    ),
    "successfactors": Sample(
        "successfactors",
        {"event": "hire", "eventId": "SF-1", "personIdExternal": "21457", "startDate": "/Date(1796083200000)/"},
        BASIC,
        ("hire", "21457", DAY),
        unverified=False,
        secret=CREDENTIALS,
    ),
}

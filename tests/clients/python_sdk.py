"""What programs do with msgraph-sdk and azure-identity. Prints one JSON line for each call."""

import asyncio
import json
import os
from collections.abc import Awaitable, Callable
from typing import Any

from azure.identity.aio import ClientSecretCredential
from kiota_abstractions.base_request_configuration import RequestConfiguration
from msgraph.generated.applications.item.add_password.add_password_post_request_body import AddPasswordPostRequestBody
from msgraph.generated.models.application import Application
from msgraph.generated.models.group import Group
from msgraph.generated.models.password_credential import PasswordCredential
from msgraph.generated.models.password_profile import PasswordProfile
from msgraph.generated.models.reference_create import ReferenceCreate
from msgraph.generated.models.service_principal import ServicePrincipal
from msgraph.generated.models.user import User
from msgraph.generated.users.item.get_member_groups.get_member_groups_post_request_body import (
    GetMemberGroupsPostRequestBody,
)
from msgraph.generated.users.users_request_builder import UsersRequestBuilder
from msgraph.graph_service_client import GraphServiceClient

UsersQuery = UsersRequestBuilder.UsersRequestBuilderGetQueryParameters


async def call(name: str, action: Callable[[], Awaitable[Any]], met: Callable[[Any], Any] = lambda answer: True) -> Any:
    """Make one call and say what came of it. Returns its answer."""
    problem, answer = "", None
    try:
        answer = await action()
        problem = "" if met(answer) else f"An unexpected answer: {answer!r}"[:300]
    except Exception as error:  # noqa: BLE001  any failure of a client is a finding, and the next call is made
        problem = str(getattr(getattr(error, "error", None), "message", error))
    print(json.dumps({"name": name, "problem": problem}), flush=True)
    return answer


async def main() -> None:
    environment = os.environ
    async with ClientSecretCredential(
        environment["TENANT_ID"], environment["CLIENT_ID"], environment["CLIENT_SECRET"]
    ) as credential:
        graph = GraphServiceClient(credential, ["https://graph.microsoft.com/.default"])
        await people_and_groups(graph)
        await applications(graph)


async def people_and_groups(graph: GraphServiceClient) -> None:
    profile = PasswordProfile(password="Correct-Horse-7")
    new = User(account_enabled=True, display_name="Xenia Quist", mail_nickname="xenia", password_profile=profile,
               user_principal_name="xenia.quist@example.com")  # fmt: skip
    person = await call("users.post", lambda: graph.users.post(new), lambda answer: answer.id)
    query = UsersQuery(filter="startswith(displayName,'Xenia')", select=["id", "displayName"], orderby=["displayName"],
                       count=True)  # fmt: skip
    options = RequestConfiguration(query_parameters=query)
    options.headers.add("ConsistencyLevel", "eventual")
    await call("users.get, advanced", lambda: graph.users.get(options), lambda answer: answer.odata_count == 1)
    group = Group(display_name="Newcomers", mail_enabled=False, mail_nickname="newcomers-py", security_enabled=True)
    made = await call("groups.post", lambda: graph.groups.post(group), lambda answer: answer.id)
    of_group, of_person = graph.groups.by_group_id(made.id), graph.users.by_user_id(person.id)
    reference = ReferenceCreate(odata_id=f"https://graph.microsoft.com/v1.0/directoryObjects/{person.id}")
    await call("members.$ref", lambda: of_group.members.ref.post(reference))
    await call("members.get", of_group.members.get, lambda answer: answer.value[0].id == person.id)
    await call("members as users", of_group.members.graph_user.get, lambda answer: len(answer.value) == 1)
    await call("memberOf", of_person.member_of.get, lambda answer: answer.value[0].id == made.id)
    body = GetMemberGroupsPostRequestBody(security_enabled_only=False)
    await call(
        "getMemberGroups", lambda: of_person.get_member_groups.post(body), lambda answer: answer.value == [made.id]
    )
    await call("users.patch", lambda: of_person.patch(User(job_title="Engineer")))
    await call("groups.delete", of_group.delete)
    await call("users.delete", of_person.delete)
    await call("domains.get", graph.domains.get, lambda answer: len(answer.value) == 2)


async def applications(graph: GraphServiceClient) -> None:
    made = await call("applications.post", lambda: graph.applications.post(Application(display_name="From Python")))
    of_application = graph.applications.by_application_id(made.id)
    body = AddPasswordPostRequestBody(password_credential=PasswordCredential(display_name="laptop"))
    await call("addPassword", lambda: of_application.add_password.post(body), lambda answer: answer.secret_text)
    principal = await call(
        "servicePrincipals.post", lambda: graph.service_principals.post(ServicePrincipal(app_id=made.app_id))
    )
    of_principal = graph.service_principals.by_service_principal_id(principal.id)
    await call("appRoleAssignedTo", of_principal.app_role_assigned_to.get, lambda answer: answer.value == [])
    await call("owners", of_application.owners.get, lambda answer: len(answer.value) == 1)
    await call("applications.delete", of_application.delete)


if __name__ == "__main__":
    asyncio.run(main())

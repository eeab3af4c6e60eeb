"""The steps of a sign-in: who, with what, what Conditional Access demands, registration, and the answer."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from local.entra.authentication.method.kinds import KINDS, kind_of, register_method, strong_combinations, usable_ways
from local.entra.authentication.temporary_access_pass import usability
from local.entra.conditional_access.policy_conditions import REGISTER_SECURITY_INFO
from local.entra.conditional_access.policy_evaluation import Demand, evaluate, satisfied
from local.entra.conditional_access.sign_in_facts import facts_of, policies_in_effect
from local.entra.identity_platform.authorization_request import AuthorizationRequest, SignInError, parse_authorization
from local.entra.identity_platform.tokens import TokenService
from local.entra.protocol.collection import Entity
from local.entra.state import TenantState

MOST_TRANSACTIONS = 1_000
OFFERED = ("fido2", "microsoftAuthenticator", "phone")
REGISTRATION_TIME = timedelta(minutes=10)  # after a one-time pass (howto-authentication-temporary-access-pass)
PASS_PROBLEMS = {
    "Expired": SignInError("AADSTS130504", "Your Temporary Access Pass has expired."),
    "OneTimeUsed": SignInError("AADSTS130505", "Your Temporary Access Pass has been redeemed."),
    "NotYetValid": SignInError("AADSTS130503", "Your Temporary Access Pass is not valid yet."),
    "DisabledByPolicy": SignInError(
        "AADSTS130502", "Temporary Access Pass sign in was blocked due to User Credential Policy."
    ),
}


@dataclass
class Transaction:
    """One sign-in under way, kept on the server under a random id.

    Args:
        presented: what of an authentication strength the person has shown so far.
        methods: the same for people: `password`, `temporaryAccessPass`, `fido2` and so on.
        pass_used: when a one-time Temporary Access Pass was used.
    """

    id: str
    request: AuthorizationRequest
    user: Entity | None = None
    demand: Demand | None = None
    presented: list[str] = field(default_factory=list)
    methods: list[str] = field(default_factory=list)
    registered: str | None = None
    pass_used: datetime | None = None
    done: bool = False


@dataclass
class SignInFlow:
    """The sign-ins of one tenant."""

    state: TenantState
    tokens: TokenService
    transactions: dict[str, Transaction] = field(default_factory=dict)
    codes: dict[str, tuple[AuthorizationRequest, Entity]] = field(default_factory=dict)

    def begin(self, params: Mapping[str, str]) -> Transaction:
        """A new sign-in.

        Raises:
            SignInError, RefusedRequest: see `parse_authorization`.
        """
        request = parse_authorization(params, state=self.state)
        transaction = Transaction(id=secrets.token_urlsafe(24), request=request)
        if len(self.transactions) >= MOST_TRANSACTIONS:
            del self.transactions[next(iter(self.transactions))]
        self.transactions[transaction.id] = transaction
        return transaction

    def find(self, transaction_id: str) -> Transaction:
        found = self.transactions.get(transaction_id)
        if found is None or found.done:
            raise SignInError("AADSTS165000", "This sign-in is over. Go back to the application and start again.")
        return found

    def identify(self, transaction: Transaction, *, name: str, credential: str, code: str) -> str:
        """The first factor. Returns the next step: `approve`, `register` or `return`.

        Raises:
            SignInError: nobody has that name, the account or the pass cannot be used, or access is refused.
        """
        user = self.state.user(name.strip()) if name.strip() else None
        if user is None:
            directory = self.state.tenant_id
            wanted = f"The user account {name.strip()} does not exist in the {directory} directory."
            raise SignInError("AADSTS50034", wanted if name.strip() else "Enter a user name or pick a person.")
        transaction.user = user
        if not user.get("accountEnabled", False):
            raise self.refused(transaction, SignInError("AADSTS50057", "The user account is disabled."))
        transaction.presented, transaction.methods, transaction.pass_used = [], ["password"], None
        if credential == "temporaryAccessPass":
            self.use_pass(transaction, user, code.strip())
        self.check_assignment(transaction, user)
        return self.demanded_step(transaction, user)

    def use_pass(self, transaction: Transaction, user: Entity, code: str) -> None:
        access_pass = self.state.passes.get(user["id"])
        if access_pass is None or not secrets.compare_digest(
            code.encode(), access_pass["temporaryAccessPass"].encode()
        ):
            raise self.refused(transaction, SignInError("AADSTS130503", "Your Temporary Access Pass is incorrect."))
        problem = PASS_PROBLEMS.get(usability(self.state, user["id"], access_pass))
        if problem is not None:
            raise self.refused(transaction, SignInError(problem.code, problem.message))
        access_pass["used"] = True
        transaction.methods = ["temporaryAccessPass"]
        once = access_pass["isUsableOnce"]
        transaction.pass_used = self.state.clock.now() if once else None
        transaction.presented = ["temporaryAccessPassOneTime" if once else "temporaryAccessPassMultiUse"]

    def check_assignment(self, transaction: Transaction, user: Entity) -> None:
        """When the application demands assignment: direct, or by a group the person is in directly."""
        application = transaction.request.application
        principal = self.state.service_principals.find("appId", application["appId"])
        if principal is None or not principal["appRoleAssignmentRequired"]:
            return
        direct = {group_id for group_id, members in self.state.members.items() if user["id"] in members}
        assigned = {
            row["principalId"] for row in self.state.assignments.values() if row["resourceId"] == principal["id"]
        }
        if not assigned & (direct | {user["id"]}):
            raise self.refused(
                transaction,
                SignInError(
                    "AADSTS50105",
                    f"Your administrator has configured the application {application['displayName']} "
                    f"('{application['appId']}') to block users unless they are specifically granted ('assigned') "
                    f"access to the application. The signed in user '{user['userPrincipalName']}' is blocked because "
                    "they are not a direct member of a group with access, nor had access directly assigned by an "
                    "administrator.",
                ),
            )

    def demanded_step(self, transaction: Transaction, user: Entity) -> str:
        demand = self.evaluate(user, app_id=transaction.request.client_id)
        transaction.demand = demand
        if demand.blocked:
            raise self.refused(transaction, blocked())
        if satisfied(demand, transaction.presented):
            return "return"
        if satisfied(demand, [*transaction.presented, *strong_combinations(self.state, user["id"])]):
            return "approve"
        guard = self.evaluate(user, user_action=REGISTER_SECURITY_INFO)
        if guard.blocked or not satisfied(guard, transaction.presented):
            raise self.refused(transaction, blocked())
        return "register"

    def evaluate(self, user: Entity, *, app_id: str | None = None, user_action: str | None = None) -> Demand:
        sign_in = facts_of(self.state, user, app_id=app_id, user_action=user_action)
        return evaluate(policies_in_effect(self.state), sign_in)

    def offered(self, transaction: Transaction) -> list[str]:
        """The methods whose registration would meet the demand and that the person may register, passkey first."""
        demand, user = transaction.demand, transaction.user
        return [
            kind
            for kind in OFFERED
            if user is not None
            and (ways := usable_ways(self.state, user["id"], KINDS[kind]))
            and (demand is None or satisfied(demand, [*transaction.presented, *ways]))
        ]

    def register(self, transaction: Transaction, kind: str) -> None:
        if transaction.user is None or kind not in self.offered(transaction):
            raise SignInError("AADSTS900144", "Choose one of the methods that are offered.")
        used = transaction.pass_used
        if used is not None and self.state.clock.now() - used > REGISTRATION_TIME:
            message = "A method must be registered within 10 minutes of signing in with a one-time pass. Get a new one."
            raise self.refused(transaction, SignInError("AADSTS130505", message))
        register_method(self.state, transaction.user["id"], kind)
        transaction.registered = kind
        transaction.methods.append(kind)
        transaction.presented.extend(usable_ways(self.state, transaction.user["id"], KINDS[kind]))

    def approve(self, transaction: Transaction) -> str:
        """The second factor the person has already. Returns its name."""
        if transaction.user is None:
            raise SignInError("AADSTS900144", "Pick an account first.")
        kind = self.usable_method(transaction, transaction.user)
        transaction.methods.append(kind)
        transaction.presented.extend(usable_ways(self.state, transaction.user["id"], KINDS[kind]))
        return kind

    def usable_method(self, transaction: Transaction, user: Entity) -> str:
        """The first registered method that meets the demand."""
        demand = transaction.demand
        names = {kind: name for name, kind in KINDS.items()}
        for method in self.state.methods.get(user["id"], ()):
            kind = kind_of(method)
            combinations = usable_ways(self.state, user["id"], kind)
            if combinations and (demand is None or satisfied(demand, [*transaction.presented, *combinations])):
                return names[kind]
        raise SignInError("AADSTS50076", "Multifactor authentication is required and no registered method meets it.")

    def finish(self, transaction: Transaction, *, origin: str) -> dict[str, str]:
        """What the application gets. Raises SignInError when a step was left out."""
        user, demand = transaction.user, transaction.demand
        if user is None or demand is None or not satisfied(demand, transaction.presented):
            raise SignInError("AADSTS50076", "A step of this sign-in was left out. Start again.")
        if not user.get("accountEnabled", False):
            raise self.refused(transaction, SignInError("AADSTS50057", "The user account is disabled."))
        request = transaction.request
        transaction.done = True
        self.record(transaction, outcome="success")
        fields: dict[str, str] = {}
        if "code" in request.response_types:
            code = secrets.token_urlsafe(32)
            self.codes[code] = (request, user)
            fields["code"] = code
        if "id_token" in request.response_types:
            fields["id_token"] = self.tokens.id_token(
                user, client_id=request.client_id, nonce=request.nonce, origin=origin
            )
        if request.state is not None:
            fields["state"] = request.state
        return fields

    def refused(self, transaction: Transaction, error: SignInError) -> SignInError:
        """Note the failure in the sign-in log; returns the error to raise."""
        self.record(transaction, outcome=error.code)
        return error

    def record(self, transaction: Transaction, *, outcome: str) -> None:
        user, demand = transaction.user, transaction.demand
        entry = {
            "createdDateTime": self.state.clock.text(),
            "userId": user["id"] if user else None,
            "userPrincipalName": user["userPrincipalName"] if user else None,
            "appId": transaction.request.client_id,
            "credential": transaction.methods[0] if transaction.methods else None,
            "methods": list(transaction.methods),
            "registered": transaction.registered,
            "outcome": outcome,
            "appliedPolicies": list(demand.applied) if demand else [],
            "reportOnlyPolicies": list(demand.report_only) if demand else [],
        }
        self.state.sign_ins.append(entry)


def blocked() -> SignInError:
    return SignInError(
        "AADSTS53003",
        "Access has been blocked by Conditional Access policies. The access policy does not allow token issuance.",
    )

"""Checks of health about the messages to people, from what their last run noted."""

from datetime import datetime

from provisioning.store.outbox import Outbox
from provisioning.support.check import Check

LIST = "Look at them: python -m provisioning messages list."
CLOSED = "Fix that; until then messages stay planned, and afterward they go out by themselves."
TOO_WIDE = (
    "Revoke the permission (python -m provisioning bootstrap shows which ones are needed): it lets the people identity "
    "send from every mailbox, whatever scope Exchange's RBAC for Applications sets. See docs/messages.md."
)
MAILBOXES = (
    "Let the people identity read mailbox settings (docs/messages.md), or set MESSAGES_MAILBOX_SETTINGS to false; "
    "meanwhile, the organization's time zone and language apply."
)
FEW = 5  # mailboxes; a single one may refuse without a permission being wrong (microsoftgraph/msgraph-sdk-dotnet#2141)


async def of_messages(outbox: Outbox) -> Check:
    """Check that messages can be sent, from one mailbox only, and count people who are late."""
    run = await outbox.last_run() or {}
    comparison = await outbox.last_comparison()
    figures: dict[str, object] = dict(run)
    detail = (
        "No run that sends messages is recorded." if not run else f"The last run that sent messages was at {run['at']}."
    )
    if comparison is not None:
        figures |= {"dueSoon": comparison.due_soon, "overdue": comparison.overdue, "unknown": comparison.unknown}
        detail += (
            f" On {written_moment(comparison.at)}, {comparison.due_soon} people were due soon and {comparison.overdue} "
            f"overdue, {comparison.unknown} messages unknown and {comparison.failed} failed."
        )
    if run.get("closed"):
        return Check("messages", False, f"Nothing can be sent: {run['closed']}", CLOSED, figures)
    if run.get("too_wide"):
        return Check("messages", False, f"The people identity holds {run['too_wide']}.", TOO_WIDE, figures)
    refused, asked = int(run.get("mailboxes_refused", 0)), int(run.get("mailboxes_asked", 0))
    if asked >= FEW and refused == asked:
        return Check(
            "messages",
            False,
            f"All {asked} mailboxes that were asked refused to show their settings.",
            MAILBOXES,
            figures,
        )
    remedy = LIST if comparison is not None and comparison.unknown + comparison.failed else None
    return Check("messages", True, detail, remedy, figures)


def written_moment(value: datetime) -> str:
    """Write a point in time as it stands in a sentence."""
    return f"{value:%Y-%m-%d %H:%M} UTC"

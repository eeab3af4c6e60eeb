"""`messages`: what people would read, and what became of the messages that are planned."""

import argparse
from typing import TYPE_CHECKING

from provisioning.cli.arguments import FAULT, SAME, as_sentence, epilog, print_error, print_json, print_text
from provisioning.cli.credentials import add_credential
from provisioning.cli.letter import add_letter
from provisioning.cli.session import with_storage

if TYPE_CHECKING:
    from provisioning.cli.arguments import Commands

KINDS = (
    "invitation",
    "reminder",
    "last_reminder",
    "pass_ready",
    "thank_you",
    "escalation",
    "unexpected_registration",
)
MOST_LISTED = 200
LINE = "{message.due:%Y-%m-%d %H:%M}  {message.state:<8} {message.kind:<24} {message.object_id} {reason}"
OPEN_STATES = ("planned", "claimed", "unknown", "failed")


def add_parser(commands: "Commands") -> None:
    """Add the sub-command."""
    purpose = "preview the messages to people, list their outcomes, and write letters"
    parser = commands.add_parser("messages", help=purpose, description=as_sentence(purpose))
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION", title="actions")
    add_message_show(actions)
    add_message_list(actions)
    add_letter(actions)


def add_message_show(actions: "Commands") -> None:
    """Add `messages show`."""
    purpose = "show a message as its recipient gets it, with a made-up person"
    end = epilog(
        ["%(prog)s invitation --lang de"], exit_codes="0 shown; 1 a setting is wrong, or there is no such language"
    )
    show = actions.add_parser("show", help=purpose, description=as_sentence(purpose), epilog=end)
    show.add_argument("kind", choices=KINDS, metavar="KIND", help=", ".join(KINDS))
    show.add_argument("--lang", metavar="TAG", help="the language, such as de or pt-BR; by default DEFAULT_LANGUAGE")
    show.add_argument("--html", action="store_true", help="show the HTML version instead of the text")
    show.set_defaults(run=show_message, parser=show)


def add_message_list(actions: "Commands") -> None:
    """Add `messages list`."""
    purpose = "list messages that are planned, unknown, or failed, with the reasons; IDs only"
    end = epilog(exit_codes="0 listed; 1 the messages could not be read")
    found = actions.add_parser("list", help=purpose, description=as_sentence(purpose), epilog=end)
    found.add_argument("--state", choices=OPEN_STATES, help="list only messages in this state")
    found.add_argument("--json", action="store_true", help="as one JSON document on stdout")
    found.set_defaults(run=list_messages, parser=found)
    add_credential(found)


async def show_message(given: argparse.Namespace) -> int:
    """Print a message in a language.

    Raises:
        ConfigurationError: A setting of the messages is wrong.
    """
    from provisioning.languages import LANGUAGES, find_language
    from provisioning.messages.preview import preview_message
    from provisioning.messages.settings import MessageSettings
    from provisioning.model.newcomer_messages import MessageKind
    from provisioning.settings import load

    settings = load(MessageSettings)
    wanted = given.lang or settings.default_language
    tag = find_language(wanted)
    if tag is None:
        print_error(f"Messages are not available in {wanted}. They are available in {', '.join(LANGUAGES)}.")
        return FAULT
    words = preview_message(MessageKind(given.kind), tag=tag, settings=settings)
    print_text(words.html if given.html else f"{words.subject}\n\n{words.text}")
    return SAME


async def list_messages(given: argparse.Namespace) -> int:
    """Print what waits and what went wrong.

    Raises:
        ProductError: There is no sign-in, or storage is away.
    """
    from provisioning.store.outbox import Outbox
    from provisioning.support.message_words import message_as_json

    states = (given.state,) if given.state else OPEN_STATES
    async with with_storage(given) as services:
        outbox = Outbox(services.storage, tenant_id=services.tenant_id)
        run = await outbox.last_run()
        found = [message async for message in outbox.all_messages() if message.state in states]
    found.sort(key=lambda message: (message.due, message.key))
    if given.json:
        rows = [{"objectId": message.object_id, **message_as_json(message)} for message in found]
        print_json({"lastRun": run, "messages": rows})
        return SAME
    lines = [LINE.format(message=message, reason=message.reason or "") for message in found[:MOST_LISTED]]
    if len(found) > MOST_LISTED:
        lines.append(f"... and {len(found) - MOST_LISTED} more; --json shows all of them.")
    print_text("\n".join([*lines, describe_run(run, waiting=len(found))]))
    return SAME


def describe_run(run: "dict[str, int | str] | None", *, waiting: int) -> str:
    """Return what the last run noted, as a sentence."""
    if run is None:
        return (
            f"{waiting} messages. No run that sends them is recorded: messages are off, or the people app has not run "
            "yet."
        )
    text = f"{waiting} messages. The last run was at {run['at']}."
    if run.get("next_at"):
        text += f" The rate limit lets the next one go at {run['next_at']}."
    return text + (f" Nothing can be sent: {run['closed']}" if run.get("closed") else "")

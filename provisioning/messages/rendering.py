"""Messages as text and as HTML, from one template each, in a person's language.

A template says what it says by calling `subject`, `paragraph` and `action`; two writers turn that into the two forms.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from provisioning.languages import Catalogs, FormOfAddress, Language, speak
from provisioning.model.newcomer_messages import MessageKind

if TYPE_CHECKING:
    from jinja2 import Environment

PACKAGE = Path(__file__).parent
SENTENCES = Catalogs(PACKAGE / "locales", "messages")
HTML_BODY = """<!doctype html>
<html lang="{tag}" dir="{direction}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{subject}</title></head>
<body style="font-family:'Segoe UI',system-ui,sans-serif;font-size:16px;line-height:1.5;max-width:36em">
{blocks}
</body>
</html>
"""
PARAGRAPH = Markup("<p>{}</p>")
ACTION = Markup('<p><a href="{address}"><b>{label}</b></a><br><bdi dir="ltr">{address}</bdi></p>')


@dataclass(frozen=True)
class MessageText:
    """A message in words.

    Attributes:
        subject: One line.
        text: The whole text.
        html: The same as a document.
        language: BCP 47.
    """

    subject: str = field(repr=False)
    text: str = field(repr=False)
    html: str = field(repr=False)
    language: str


@dataclass
class Writer:
    """Collects what a template says.

    Attributes:
        title: The subject.
        text: Paragraphs of the plain form.
        blocks: Elements of the HTML form.
    """

    title: str = ""
    text: list[str] = field(default_factory=list)
    blocks: list[Markup] = field(default_factory=list)

    def subject(self, sentence: Markup) -> str:
        """Take the subject."""
        self.title = " ".join(sentence.unescape().split())
        return ""

    def paragraph(self, sentence: Markup) -> str:
        """Take a paragraph."""
        self.text.append(sentence.unescape())
        self.blocks.append(PARAGRAPH.format(sentence))
        return ""

    def action(self, label: Markup, address: str) -> str:
        """Take what the person is to open; the address is shown, since a person should see where it leads."""
        self.text.append(f"{label.unescape()}:\n{address}")
        self.blocks.append(ACTION.format(label=label, address=address))
        return ""


def write_message(
    kind: MessageKind, *, tag: str, address: FormOfAddress | None, values: Mapping[str, object]
) -> MessageText:
    """Write a message.

    Args:
        kind: Which one.
        tag: The language, one of LANGUAGES.
        address: How to speak to the person, where the language has both.
        values: What the template fills in.
    """
    language, writer = speak(tag, SENTENCES, address=address), Writer()
    sink = {"subject": writer.subject, "paragraph": writer.paragraph, "action": writer.action}
    message_templates().get_template(f"{kind}.html").render({"_": language.text, **sink, **values})
    return MessageText(writer.title, "\n\n".join(writer.text) + "\n", html_document(writer, language), tag)


def html_document(writer: Writer, language: Language) -> str:
    """Return what a template says as an HTML document."""
    return HTML_BODY.format(
        tag=language.tag,
        direction=language.direction,
        subject=escape(writer.title),
        blocks=Markup("\n").join(writer.blocks),
    )


@cache
def message_templates() -> "Environment":
    """Return the templates; every value is escaped."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(PACKAGE / "templates"), autoescape=True, auto_reload=False, undefined=StrictUndefined
    )

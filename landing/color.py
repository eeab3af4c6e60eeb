"""Colors of a brand that everybody can read: contrast as WCAG 2.2 counts it, and what to take where it is too low."""

import re
from dataclasses import dataclass

HEX = re.compile(r"#?([0-9a-f]{3}|[0-9a-f]{6})", re.IGNORECASE)
ENOUGH = 4.5  # contrast of text to its ground (WCAG 2.2, 1.4.3); 3 would do for what is not text (1.4.11)
STEPS = 20
Color = tuple[int, int, int]
WHITE: Color = (255, 255, 255)
BLACK: Color = (0, 0, 0)


@dataclass(frozen=True)
class Accent:
    """The color of buttons and links in one color scheme.

    Attributes:
        color: As CSS writes it.
        text: The color of text on it.
    """

    color: str
    text: str


def read_color(text: str) -> Color | None:
    """Parse a color of three or six hexadecimal digits; None if it is not one."""
    found = HEX.fullmatch(text.strip())
    if found is None:
        return None
    digits = found[1] if len(found[1]) == 6 else "".join(digit * 2 for digit in found[1])
    red, green, blue = (int(digits[place : place + 2], 16) for place in (0, 2, 4))
    return red, green, blue


def as_css(color: Color) -> str:
    """Write a color as CSS does."""
    return "#{:02x}{:02x}{:02x}".format(*color)


def luminance(color: Color) -> float:
    """Return the relative luminance (WCAG 2.2, definition)."""
    parts = [value / 255 for value in color]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Color, other: Color) -> float:
    """Return the contrast ratio of two colors, from 1 to 21 (WCAG 2.2, definition)."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def mix(one: Color, other: Color, share: float) -> Color:
    """Return a color between two; the share is that of the second, from 0 to 1."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def accent_on(paper: Color, wanted: Color) -> Accent:
    """Return the wanted color, moved away from its ground until its contrast is enough.

    Args:
        paper: The ground of the page.
        wanted: The brand's color.
    """
    away = BLACK if luminance(paper) > 0.18 else WHITE
    for step in range(STEPS + 1):
        color = mix(wanted, away, step / STEPS)
        if contrast(color, paper) >= ENOUGH:
            break
    text = WHITE if contrast(color, WHITE) >= ENOUGH else BLACK
    return Accent(as_css(color), as_css(text))

"""The code of a letter: typed by a person, so it is short, has no letters that look alike, and reads in any case.

NIST SP 800-63A lets an enrollment code go by post for 21 days and asks for 20 bits. It has 80: tables hold its digest,
which must not lead back to it by trying. It is no authenticator: it finds a claim, for a helpdesk that looks at a
document.
"""

import base64
import re
from datetime import timedelta

from provisioning.clock import RandomBytes

LETTER_VALID = timedelta(days=21)  # what NIST SP 800-63A allows a code that went by post
CODE_BYTES = 10
GROUP = 4
RFC_4648 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # crockford.com/base32.html: without I, L, O and U
AS_WRITTEN, AS_READ = str.maketrans(RFC_4648, CROCKFORD), str.maketrans("OIL", "011")
LETTER_CODE = re.compile(f"[{CROCKFORD}]{{16}}")


def new_letter_code(random_bytes: RandomBytes) -> str:
    """Make a code of 16 letters and digits."""
    return base64.b32encode(random_bytes(CODE_BYTES)).decode().translate(AS_WRITTEN)


def grouped_code(code: str) -> str:
    """Return a code as a letter shows it: four groups of four."""
    return "-".join(code[start : start + GROUP] for start in range(0, len(code), GROUP))


def read_letter_code(text: str) -> str | None:
    """Return the code that a person typed, whatever its case and groups; None where it is none."""
    plain = re.sub(r"[\s-]", "", text[:64]).upper().translate(AS_READ)
    return plain if LETTER_CODE.fullmatch(plain) else None

"""How long the product waits for storage or a server before it answers without: short enough for who waits for it."""

from landing import remote_logo, visits
from provisioning.webhooks import delivery_notes, outbox


def test_a_page_is_there_within_a_second_and_a_half() -> None:
    """A logo is fetched before the page looks anything up."""
    assert visits.STORAGE_SECONDS < 1
    assert visits.STORAGE_SECONDS + remote_logo.PATIENCE < 1.5


def test_a_delivery_is_answered_within_three_seconds() -> None:
    """Personio and Okta wait no longer; what is refused is noted, what is taken is kept and noted."""
    assert outbox.SECONDS + delivery_notes.SECONDS < 3

"""Check of health: whether HR systems' deliveries are refused."""

from provisioning.store.delivery_notes import DeliveryNotes, SourceReport
from provisioning.support.check import Check

# Strangers post to any address; a sender whose secret is wrong is refused each time, and sends each delivery again.
MANY = 5
REMEDY = (
    "Compare the source's secret here (HR_SECRET_<SOURCE>) with the HR system's, and look in the front app's log for "
    "webhook_refused. The next good delivery clears this. If the source expects no deliveries, strangers are trying "
    "its address."
)


async def of_sources(notes: DeliveryNotes) -> Check:
    """Check that no HR system is refused again and again; counted by each sweep."""
    reports = [report for report in await notes.all_reports() if report.refused]
    figures: dict[str, object] = {"refused": {report.source: report.refused for report in reports}}
    if not reports:
        return Check("sources", True, "No source has had a delivery refused since its last good one.", figures=figures)
    detail = " ".join(describe_refusals(report) for report in reports)
    if all(report.refused < MANY for report in reports):
        return Check("sources", True, detail, figures=figures)
    return Check("sources", False, detail, REMEDY, figures)


def describe_refusals(report: SourceReport) -> str:
    """Say what was refused of one source."""
    good = (
        f"since the good one of {report.good_at:%Y-%m-%d %H:%M} UTC" if report.good_at else "and none was good so far"
    )
    number = "1 delivery was" if report.refused == 1 else f"{report.refused} deliveries were"
    last = f"; the last at {report.refused_at:%Y-%m-%d %H:%M} UTC ({report.fault})" if report.refused_at else ""
    return f"{report.source}: {number} refused {good}{last}."

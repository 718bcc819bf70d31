"""What a reservation's ticket says: names from the catalog, time in the hall's own time zone."""

from datetime import datetime, tzinfo

from devices.printer.face import MAX_TEXT_CHARS, TicketFace, TicketLanguage
from hallserver.protocol.errors import Text
from hallserver.protocol.replies import Reservation
from hallserver.protocol.snapshots import Catalog
from kiosk.flow import choices

HINT = Text("请留意叫号屏和广播", "Please watch the screens for your number")
MISSED_CALL_RULE = Text("过号请到咨询台", "Missed your call? Ask at the desk")


def face_of(
    reservation: Reservation, catalog: Catalog, zone: tzinfo, *, is_english: bool
) -> TicketFace:
    """Fill a ticket. A service that left the catalog meanwhile is named by its id."""
    service = choices.find_service(catalog, reservation.service)
    department = choices.find_department(catalog, service.department) if service else None
    place = choices.find_zone(catalog, service.zone) if service else None
    issued = datetime.fromtimestamp(reservation.issued_at_ms / 1000, zone)

    def lead(text: Text | None) -> str:
        return "" if text is None else _fit(text.en if is_english else text.zh)

    return TicketFace(
        hall_title=lead(catalog.title),
        zone=lead(place.name if place else None),
        department=lead(department.name if department else None),
        service_zh=_fit(service.name.zh) if service else reservation.service,
        service_en=_fit(service.name.en) if service else "",
        number=reservation.number,
        people_ahead=reservation.people_ahead,
        where_lines=tuple(
            lead(text) for text in (reservation.note, service and service.where) if text
        ),
        issued_text=f"{issued:%Y-%m-%d %H:%M}",
        hint=lead(HINT),
        missed_call_rule=lead(MISSED_CALL_RULE),
        qr_text=reservation.token,
        language=TicketLanguage.EN if is_english else TicketLanguage.ZH,
    )


def _fit(text: str) -> str:
    return text[:MAX_TEXT_CHARS]

"""Random rows of the tables that the marts of journey begin with, on and beside every edge.

Belongs here: the rows. Does not belong here: what comes out (``marts``).
"""

from __future__ import annotations

import json
import random
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from tests.reference.journey.marts import GIVEN

Row = dict[str, Any]
DAY = timedelta(days=1)
AS_OF = date(2024, 5, 14)
WINDOWS = {
    "path_steps": 3,
    "contact_first_days": 7,
    "contact_outlook_days": 37,
    "message_order_days": 7,
    "most_contacts": 2,
}
# Starts of months and weeks, their eves, the seventh and eighth day, the 36th to 38th.
EDGES = tuple(
    start + timedelta(days=shift)
    for start in (date(2024, 2, 1), date(2024, 3, 1), date(2024, 4, 1), date(2024, 4, 8))
    for shift in (-1, 0, 1, 6, 7, 8, 35, 36, 37)
)
STAGES = ("low", "middle", "high")
FRAMEWORKS = ("f", "accounts")


def tables(seed: int) -> dict[str, list[Row]]:
    """One shop; the same one in every run."""
    dice = random.Random(seed)
    found: dict[str, list[Row]] = {name: [] for name in GIVEN}
    found["int_settings"] = [{"as_of_date": AS_OF - dice.choice((0, 1, 2)) * DAY}]
    found["int_kpi_windows"] = [dict(WINDOWS)]
    found["int_built_frameworks"] = [
        {"framework": "f", "framework_no": 1, "subject_type": "person"},
        {"framework": "accounts", "framework_no": 2, "subject_type": "account"},
    ]
    found["framework_stages"] = [
        {"framework": framework, "stage": stage, "ordinal": ordinal}
        for framework in FRAMEWORKS
        for ordinal, stage in enumerate(STAGES, start=1)
    ]
    found["int_possible_moves"] = [
        {"move_no": number, "framework": framework, "framework_no": place + 1, "stage": stage}
        for place, framework in enumerate(FRAMEWORKS)
        for number, stage in enumerate(STAGES, start=10 * place)
    ]
    for person in range(dice.randint(0, 9)):
        _Person(dice, found, person).live()
    return found


class _Person:
    def __init__(self, dice: random.Random, found: dict[str, list[Row]], key: int) -> None:
        self.dice, self.found, self.key = dice, found, key

    def live(self) -> None:
        dice, found, key = self.dice, self.found, self.key
        found["int_persons"].append(
            {"person_key": key, "person_id": f"c{key}", "is_identified": dice.random() < 0.5}
        )
        self._stages()
        for _ in range(dice.randint(0, 6)):
            at = self._instant()
            found["int_sessions"].append(
                {
                    "session_id": f"s{len(found['int_sessions'])}",
                    "person_key": key,
                    "session_date": at.date(),
                    "started_at": at,
                    "channel": dice.choice(("email", "social", "direct")),
                }
            )
        self._orders()
        for _ in range(dice.randint(0, 4)):
            self._message()
        for _ in range(dice.randint(0, 2)):
            self._ticket()
        for _ in range(dice.randint(0, 2)):
            at = self._instant()
            told = {"content_id": dice.choice(("c1", "c2")), "content_type": "article"}
            event = self._event(
                at,
                dice.choice((told, {"content_id": "c1"}, {"content_id": "", "content_type": "x"})),
            )
            found["int_events"].append(event | {"event_date": at.date()})
            found["int_survey_signals"].append(
                {
                    "person_key": key,
                    "signal": dice.choice(("csat", "csat", "nps")),
                    "fact_date": self._instant().date(),
                    "score": Decimal(dice.randint(1, 5)),
                    "has_score": dice.random() < 0.8,
                }
            )
        for _ in range(dice.randint(0, 2)):
            self._cart()

    def _instant(self) -> datetime:
        return datetime.combine(self.dice.choice(EDGES), time(self.dice.randint(8, 10)))

    def _event(self, at: datetime, told: dict[str, str] | None) -> Row:
        number = len(self.found["stg_events"])
        self.found["stg_events"].append(
            {
                "raw_row_id": number,
                "event_id": f"e{number}",
                "occurred_at": at,
                "device_type": self.dice.choice(("mobile", None)),
                "properties": json.dumps(told) if told else None,
            }
        )
        return {"raw_row_id": number, "person_key": self.key}

    def _stages(self) -> None:
        dice = self.dice
        days = sorted(set(dice.choices((*EDGES, AS_OF + 3 * DAY), k=dice.randint(1, 4))))
        for place, day in enumerate(days):
            end = days[place + 1] if place + 1 < len(days) else None
            stage = dice.randrange(3)
            for framework_no, move_no in ((1, stage), (2, 10 + stage)):
                self.found["int_stage_intervals"].append(
                    {
                        "subject_key": self.key,
                        "framework_no": framework_no,
                        "valid_from": day,
                        "next_from": end,
                        "move_no": move_no,
                    }
                )
            self.found["int_person_states"].append(
                {
                    "subject_key": self.key,
                    "stage": STAGES[stage],
                    "health": dice.choice(("active", "lapsed")),
                    "valid_from": day,
                    "valid_to": end or date(9999, 12, 31),
                }
            )

    def _orders(self) -> None:
        dice, found = self.dice, self.found
        ats = sorted(self._instant() for _ in range(dice.randint(0, 3)))
        for place, at in enumerate(ats):
            order_id = f"o{len(found['int_orders'])}"
            value = dice.choice((Decimal(20), Decimal(20), Decimal("9.99"), None))
            refunded = dice.choice((Decimal(0), Decimal(5))) if value is not None else Decimal(0)
            found["int_booked_orders"].append(
                {
                    "order_id": order_id,
                    "person_key": self.key,
                    "is_guest": False,
                    "created_at": at,
                    "order_date": at.date(),
                    "order_value": value,
                    "refunded_value": refunded,
                    "is_missing_rate": value is None,
                    "channel": "unknown",
                }
            )
            found["int_orders"].append(
                {
                    "order_id": order_id,
                    "order_value": value,
                    "cancelled_on": dice.choice((None, at.date())),
                }
            )
            if place == 0:
                found["int_first_orders"].append(
                    {"order_id": order_id, "person_key": self.key, "created_at": at}
                )
            if refunded:
                found["int_refunds"].append({"refund_id": order_id, "refund_value": refunded})
                reason = dice.choice((None, " ", "Late", "late "))
                found["stg_refunds"].append({"refund_id": order_id, "reason": reason})

    def _message(self) -> None:
        dice, at = self.dice, self._instant()
        told = {"campaign": "spring", "variant": dice.choice("ab"), "channel": "sms"}
        event = self._event(
            at, dice.choice((told, {"campaign": "autumn ", "variant": "", "channel": " "}, None))
        )
        reaction = (None, at)
        self.found["int_message_outcomes"].append(
            {
                "delivery_id": f"e{event['raw_row_id']}",
                "person_key": self.key,
                "fact_date": at.date(),
                "delivered_at": at,
                "opened_at": dice.choice(reaction),
                "clicked_at": dice.choice(reaction),
                "unsubscribed_at": dice.choice(reaction),
            }
        )
        if dice.random() < 0.5:
            left = at.date() + dice.choice((0, 6, 7, 8)) * DAY
            self.found["int_person_signals_by_name"].append(
                {"person_key": self.key, "signal": "email_unsubscribed", "signal_date": left}
            )

    def _ticket(self) -> None:
        at = self._instant()
        event = self._event(at, self.dice.choice(({"topic": "delivery"}, {"topic": " "}, None)))
        self.found["int_support_tickets"].append(
            {
                "ticket_id": f"t{event['raw_row_id']}",
                "event_id": f"e{event['raw_row_id']}",
                "person_key": self.key,
                "opened_on": at.date(),
            }
        )

    def _cart(self) -> None:
        dice, found = self.dice, self.found
        cart_id = f"k{len(found['int_cart_outcomes'])}"
        for _ in range(dice.randint(1, 2)):
            at = self._instant()
            event = self._event(at, None)
            found["int_cart_events"].append(
                {"cart_id": cart_id, "event_id": f"e{event['raw_row_id']}", "occurred_at": at}
            )
        found["int_cart_outcomes"].append(
            {
                "cart_id": cart_id,
                "person_key": self.key,
                "has_checkout": dice.random() < 0.5,
                "cart_value": dice.choice((None, Decimal("12.5"))),
                "is_missing_rate": dice.random() < 0.1,
                "outcome": dice.choice(("abandoned", "abandoned", "converted")),
            }
        )

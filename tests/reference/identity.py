"""Whose row it is: devices identified, customers merged (docs/lifecycle_semantics.md#identity).

Belongs here: turning (``anonymous_id``, ``user_id``, instant) into a person, and a customer into
the customer it was merged into. Does not belong here: accounts' signals (``signals``).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from tests.reference.staging import Resolved, Staged
from tests.reference.world import CustomerMerge, Event, Order


@dataclass(frozen=True)
class Identity:
    """What is known of identity on ``identity_as_of``."""

    links: tuple[Event, ...]
    into: dict[str, str]

    @cached_property
    def _links_of(self) -> dict[str | None, list[Event]]:
        found: dict[str | None, list[Event]] = {}
        for link in self.links:
            found.setdefault(link.anonymous_id, []).append(link)
        return found

    def final_customer(self, customer_id: str) -> str:
        """The customer at the end of the chain of merges."""
        while customer_id in self.into:
            customer_id = self.into[customer_id]
        return customer_id

    def person(self, anonymous_id: str | None, user_id: str | None, at: datetime) -> str | None:
        """The person a row belongs to by the first rule that applies, None with neither id."""
        if user_id is not None:
            return f"customer:{self.final_customer(user_id)}"
        if anonymous_id is None:
            return None
        links = self._links_of.get(anonymous_id, [])
        later = [link for link in links if link.occurred_at >= at]
        before = [link for link in links if link.occurred_at < at]
        if later:
            link = min(later, key=lambda link: (link.occurred_at, link.event_id))
        elif before:
            link = max(before, key=lambda link: (link.occurred_at, link.event_id))
        else:
            return f"visitor:{anonymous_id}"
        assert link.user_id is not None
        return f"customer:{self.final_customer(link.user_id)}"

    def person_of_event(self, event: Event) -> str:
        """The person of an event, which staging left with one of the two ids."""
        person = self.person(event.anonymous_id, event.user_id, event.occurred_at)
        assert person is not None
        return person

    def person_of_order(self, order: Order) -> str:
        """The person of an order; an order with neither id is a visitor of its own."""
        person = self.person(order.anonymous_id, order.customer_id, order.created_at)
        return person if person is not None else f"visitor:order:{order.order_id}"


def identify(staged: Staged, resolved: Resolved) -> Identity:
    """Build identity from events and merges dated on or before ``identity_as_of``."""
    return Identity(
        links=tuple(
            event
            for event in staged.events
            if event.anonymous_id is not None
            and event.user_id is not None
            and resolved.date_of(event.occurred_at) <= resolved.identity_as_of
        ),
        into=merge_targets(staged.customer_merges, resolved.date_of, resolved.identity_as_of),
    )


def merge_targets(merges: Iterable[CustomerMerge], date_of, identity_as_of: date) -> dict[str, str]:
    """Each merged customer's next customer, with no cycle left in it."""
    latest: dict[str, CustomerMerge] = {}
    for merge in merges:
        if date_of(merge.merged_at) > identity_as_of:
            continue
        rival = latest.get(merge.from_customer_id)
        if rival is None or (merge.merged_at, merge.into_customer_id) > (
            rival.merged_at,
            rival.into_customer_id,
        ):
            latest[merge.from_customer_id] = merge
    for start in sorted(latest):
        walk: list[str] = []
        at = start
        while at in latest and at not in walk:
            walk.append(at)
            at = latest[at].into_customer_id
        if at in walk:
            cycle = walk[walk.index(at) :]
            del latest[max(cycle, key=lambda customer: (latest[customer].merged_at, customer))]
    return {customer: merge.into_customer_id for customer, merge in latest.items()}

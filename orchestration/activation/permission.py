"""Who may be written to, asked of the raw tables at a moment: consent, deletion, erasure.

Belongs here: what the raw rows said of a person at that moment. Does not belong here: whom a play
or segment names (`selection`). Nothing is taken from the marts: what has come since counts too.

Of all statements on consent the latest counts, the rows of customers merged into the person
included; an unsubscribe says no; of several at one instant all have to say yes; nothing said is no.
An unsubscribe on a device that was ever the person's is the person's.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import duckdb

from orchestration.rules.event_signals import folded_name
from orchestration.rules.seed_rows import Rows

_UNSUBSCRIBED = "email_unsubscribed"


def unsubscribe_names(event_signals: Rows) -> frozenset[str]:
    """Return the folded names of events that may say no; a row's condition is not looked at."""
    return frozenset(
        folded_name(row["event_name"]) for row in event_signals if row["signal"] == _UNSUBSCRIBED
    )


def find_permissions(
    connection: duckdb.DuckDBPyConnection, unsubscribes: Iterable[str], at: datetime
) -> None:
    """Make the temporary table `permissions` for the subjects in the table `contacts`.

    It has `subject_id, has_consent, is_gone` (deleted, or erasure was asked for) and `email`; the
    connection has the raw database attached as `raw_db`.

    Args:
        connection: the connection.
        unsubscribes: folded names of events that say no.
        at: the moment, naive UTC; rows that were loaded or dated later are not known.
    """
    names = connection.execute("select distinct event_name from raw_db.raw.events").fetchall()
    wanted = frozenset(unsubscribes)
    said = [str(name) for (name,) in names if name and folded_name(str(name)) in wanted]
    connection.execute("set variable asked_at = ?::timestamp", [at])
    connection.execute("set variable unsubscribes = ?::varchar[]", [said])
    connection.execute(_PERMISSIONS)


_PERMISSIONS = """
create or replace temp table permissions as
with recursive

owned_ids as (
    select subject_id, substr(subject_id, 10) as customer_id
    from contacts
    where subject_id like 'customer:%'
    union
    select owned_ids.subject_id, merges.from_customer_id
    from owned_ids
    inner join raw_db.raw.customer_merges as merges
        on owned_ids.customer_id = merges.into_customer_id
),

customer_rows as (
    select
        owned_ids.subject_id,
        coalesce(rows.updated_at, rows._loaded_at) as stated_at,
        rows.*
    from owned_ids
    inner join raw_db.raw.customers as rows on owned_ids.customer_id = rows.customer_id
    where
        rows._loaded_at <= getvariable('asked_at')
        and coalesce(rows.updated_at, rows._loaded_at) <= getvariable('asked_at')
),

devices as (
    select owned_ids.subject_id, events.anonymous_id
    from raw_db.raw.events as events
    inner join owned_ids on events.user_id = owned_ids.customer_id
    where events.anonymous_id is not null
    group by all
),

unsubscribes as (
    select anonymous_id, user_id, occurred_at
    from raw_db.raw.events
    where
        event_name in (select unnest(getvariable('unsubscribes')))
        and occurred_at <= getvariable('asked_at')
        and _loaded_at <= getvariable('asked_at')
),

statements as (
    select subject_id, stated_at, marketing_consent as says_yes from customer_rows
    union all
    select owned_ids.subject_id, unsubscribes.occurred_at, false
    from unsubscribes
    inner join owned_ids on unsubscribes.user_id = owned_ids.customer_id
    union all
    select devices.subject_id, unsubscribes.occurred_at, false
    from unsubscribes
    inner join devices on unsubscribes.anonymous_id = devices.anonymous_id
),

latest_statements as (
    select subject_id, bool_and(coalesce(says_yes, false)) as has_consent
    from statements
    group by subject_id, stated_at
    qualify row_number() over (partition by subject_id order by stated_at desc) = 1
),

-- Of the person itself: a customer that was merged away may well be deleted since.
own_rows as (
    select
        subject_id,
        max_by(coalesce(is_deleted, false), (stated_at, is_deleted)) as is_deleted,
        max_by(email, (stated_at, email)) as email
    from customer_rows
    where customer_id = substr(subject_id, 10)
    group by subject_id
),

asked_erasures as (
    select owned_ids.subject_id
    from owned_ids
    inner join raw_db.raw.erasure_requests as requests
        on owned_ids.customer_id = requests.customer_id
    where requests._loaded_at <= getvariable('asked_at')
    group by owned_ids.subject_id
)

select
    contacts.subject_id,
    coalesce(latest_statements.has_consent, false) as has_consent,
    coalesce(own_rows.is_deleted, false) or asked_erasures.subject_id is not null as is_gone,
    own_rows.email
from contacts
left join latest_statements on contacts.subject_id = latest_statements.subject_id
left join own_rows on contacts.subject_id = own_rows.subject_id
left join asked_erasures on contacts.subject_id = asked_erasures.subject_id
"""

-- Until when each event of a subscription pays, as far as the events before it need no chain of
-- reasoning: `pays_until` is what a start, a renewal or a change with a term of its own pays for; a
-- change that states no term may keep the term before (`keeps_term`, int_paid_periods).
-- `cancelled_on` is the day on which a cancel ends what came before it.

with

placed_events as (

    select
        *,
        row_number() over subscription_events as place,
        coalesce({{ ignoring_nulls('last_value', 'interval_months') }} over subscription_events, 1)
            as term_months,
        case
            when is_cancel then case when ends_on > event_date then ends_on else event_date end
        end as cancelled_on
    from {{ ref('int_subscription_events') }}
    window subscription_events as (
        partition by person_key, subscription_id
        order by occurred_at, event_id
        rows between unbounded preceding and current row
    )

),

subscription_event_terms as (

    select
        raw_row_id,
        event_id,
        person_key,
        subscription_id,
        place,
        occurred_at,
        event_date,
        is_paid,
        is_setback,
        is_cancel,
        case
            when paid_until > event_date then paid_until
            else {{ add_months('event_date', 'term_months') }}
        end as pays_until,
        is_paid
        and is_change
        and interval_months is null
        and coalesce(paid_until <= event_date, true) as keeps_term,
        min(cancelled_on) over (
            partition by person_key, subscription_id
            order by place
            rows between 1 following and unbounded following
        ) as cancelled_on
    from placed_events

)

select * from subscription_event_terms

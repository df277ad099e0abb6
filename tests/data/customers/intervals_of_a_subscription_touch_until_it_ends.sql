-- Intervals of a subscription do not overlap; where two touch, amount or state differ; one with an
-- end reason is followed by a gap, one without by the next interval, unless it goes on.

{{ config(meta={'dagster': {'ref': {'name': 'subscriptions'}}}) }}

with

neighbours as (

    select
        subject_id,
        subscription_id,
        valid_from,
        valid_to,
        monthly_amount,
        state,
        end_reason,
        lead(valid_from) over subscription_intervals as next_from,
        lead(monthly_amount) over subscription_intervals as next_amount,
        lead(state) over subscription_intervals as next_state
    from {{ ref('subscriptions') }}
    window subscription_intervals as (
        partition by subject_id, subscription_id
        order by valid_from
    )

)

select *
from neighbours
where
    (next_from is not null and (valid_to is null or valid_to > next_from))
    or (
        valid_to = next_from
        and state = next_state
        and monthly_amount is not distinct from next_amount
    )
    or (end_reason is not null and coalesce(valid_to = next_from, false))
    or (end_reason is null and valid_to is not null and valid_to is distinct from next_from)

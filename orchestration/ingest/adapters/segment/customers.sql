with

accounts as (

    select
        user_id,
        max_by(group_id, (occurred_at, event_id)) as account_id
    from read_calls
    where call = 'group' and group_id is not null
    group by user_id

)

select
    identified.record,
    identified.user_id as customer_id,
    coalesce(
        identified.customer_created_at,
        min(identified.occurred_at) over (partition by identified.user_id)
    ) as created_at,
    identified.occurred_at as updated_at,
    last_value(identified.email ignore nulls) over so_far as email,
    last_value(identified.first_name ignore nulls) over so_far as first_name,
    last_value(identified.last_name ignore nulls) over so_far as last_name,
    last_value(identified.country ignore nulls) over so_far as country,
    last_value(identified.city ignore nulls) over so_far as city,
    accounts.account_id
from read_calls as identified
left join accounts on identified.user_id = accounts.user_id
where identified.call = 'identify' and identified.user_id is not null
window so_far as (
    partition by identified.user_id
    order by identified.occurred_at, identified.event_id, identified.record
)

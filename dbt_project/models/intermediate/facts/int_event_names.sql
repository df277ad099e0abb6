-- Every event name that came, with what the seed event_signals says of it. Names are few, so that
-- they are folded here and not once per event.

with

stated_names as (

    select event_name
    from {{ ref('stg_events') }}
    group by event_name

),

folded_names as (

    select
        event_name,
        {{ folded_name('event_name') }} as folded_name
    from stated_names

),

-- Both are a matter of the name: all rows of one name agree.
known_names as (

    select
        {{ folded_name('event_name') }} as folded_name,
        bool_and(is_visit) as is_visit,
        bool_or(is_key_event) as is_key_event
    from {{ ref('event_signals') }}
    group by {{ folded_name('event_name') }}

),

event_names as (

    select
        cast(row_number() over (order by folded_names.event_name) as integer) as name_no,
        folded_names.event_name,
        folded_names.folded_name,
        coalesce(known_names.is_visit, true) as is_visit,
        coalesce(known_names.is_key_event, false) as is_key_event
    from folded_names
    left join known_names on folded_names.folded_name = known_names.folded_name

)

select * from event_names

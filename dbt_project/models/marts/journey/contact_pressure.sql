-- Whether more messages make more orders or more farewells: persons who are written to, week by
-- week, by how many messages they had got in the week before. Over 120 lines, since weeks without
-- a message have to be made.

with

settings as (

    select
        {{ add_days(period_start(add_days('as_of_date', 1), 'week'), -7) }} as last_monday
    from {{ ref('int_settings') }}

),

weekly_messages as (

    select
        person_key,
        {{ add_days(period_start('fact_date', 'week'), 7) }} as monday,
        count(*) as messages
    from {{ ref('int_message_outcomes') }}
    group by
        person_key,
        {{ add_days(period_start('fact_date', 'week'), 7) }}

),

recipients as (

    select
        person_key,
        min(monday) as first_monday
    from weekly_messages
    group by person_key

),

recipient_weeks as (

    select
        recipients.person_key,
        recipients.first_monday,
        {{ repeat_row(
            'greatest('
            ~ days_between('recipients.first_monday', 'settings.last_monday') ~ ' + 7, 0) / 7'
        ) }} as week_no
    from recipients
    cross join settings

),

weeks as (

    select
        person_key,
        {{ add_days('first_monday', '7 * week_no') }} as monday
    from recipient_weeks

),

unsubscribes as (

    select
        person_key,
        {{ period_start('signal_date', 'week') }} as monday
    from {{ ref('int_person_signals_by_name') }}
    where signal = 'email_unsubscribed'
    group by
        person_key,
        {{ period_start('signal_date', 'week') }}

),

orders as (

    select
        person_key,
        {{ period_start('order_date', 'week') }} as monday
    from {{ ref('int_booked_orders') }}
    group by
        person_key,
        {{ period_start('order_date', 'week') }}

),

person_weeks as (

    select
        least(coalesce(weekly_messages.messages, 0), windows.most_contacts) as messages,
        coalesce(weekly_messages.messages, 0) >= windows.most_contacts as is_pooled,
        unsubscribes.person_key is not null as has_unsubscribed,
        orders.person_key is not null as has_ordered
    from weeks
    cross join {{ ref('int_kpi_windows') }} as windows
    left join weekly_messages
        on
            weeks.person_key = weekly_messages.person_key
            and weeks.monday = weekly_messages.monday
    left join unsubscribes
        on
            weeks.person_key = unsubscribes.person_key
            and weeks.monday = unsubscribes.monday
    left join orders
        on
            weeks.person_key = orders.person_key
            and weeks.monday = orders.monday

),

pressures as (

    select
        messages,
        is_pooled,
        count(*) as person_weeks,
        sum(case when has_unsubscribed then 1 else 0 end) as unsubscribed,
        sum(case when has_ordered then 1 else 0 end) as ordered
    from person_weeks
    group by
        messages,
        is_pooled

),

contact_pressure as (

    select
        cast(messages as string) || case when is_pooled then '+' else '' end as messages,
        person_weeks,
        cast(unsubscribed as bigint) as unsubscribed,
        {{ exact_ratio('unsubscribed', 'person_weeks', 0) }} as unsubscribe_rate,
        cast(ordered as bigint) as ordered,
        {{ exact_ratio('ordered', 'person_weeks', 0) }} as order_rate
    from pressures

)

select * from contact_pressure

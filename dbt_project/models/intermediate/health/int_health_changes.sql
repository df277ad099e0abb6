-- The dates on which a subject's health changes: the best of what its orders and each of its
-- subscriptions say, else cold or prospect. How many sources say what is a running total, so that
-- the best is known on any day without looking at days. Changes after the as-of date are what will
-- happen if nothing else does.

{% set counted_healths = ['active', 'at_risk', 'lapsed', 'cold'] %}

with

source_changes as (

    select
        subject_key,
        changed_on,
        health,
        previous_health
    from {{ ref('int_order_health') }}

    union all

    select
        subject_key,
        changed_on,
        health,
        previous_health
    from {{ ref('int_subscription_health') }}

    union all

    select
        subject_key,
        silent_from as changed_on,
        'cold' as health,
        cast(null as string) as previous_health
    from {{ ref('int_silences') }}

    union all

    select
        subject_key,
        silent_until as changed_on,
        cast(null as string) as health,
        'cold' as previous_health
    from {{ ref('int_silences') }}
    where silent_until is not null

),

daily_changes as (

    select
        subject_key,
        {% for health in counted_healths -%}
        sum(case when health = '{{ health }}' then 1 else 0 end)
        - sum(case when previous_health = '{{ health }}' then 1 else 0 end) as {{ health }},
        {% endfor -%}
        changed_on
    from source_changes
    group by
        subject_key,
        changed_on

),

totals as (

    select
        subject_key,
        {% for health in counted_healths -%}
        sum({{ health }}) over subject_days as {{ health }},
        {% endfor -%}
        changed_on
    from daily_changes
    window subject_days as (
        partition by subject_key
        order by changed_on
    )

),

dated_health as (

    select
        subject_key,
        changed_on,
        case
            {% for health in counted_healths -%}
            when {{ health }} > 0 then '{{ health }}'
            {% endfor -%}
            else 'prospect'
        end as health
    from totals

),

compared_health as (

    select
        subject_key,
        changed_on,
        health,
        lag(health, 1, 'prospect') over (
            partition by subject_key order by changed_on
        ) as previous_health
    from dated_health

),

health_changes as (

    select *
    from compared_health
    where health <> previous_health

)

select * from health_changes

-- What a period did to the health of the customers in whom it changed anything: health on its eve
-- and on its last day, and the days in it on which they came back from a lapse.

with

health_changes as (

    select
        *,
        lag(health, 1, 'unseen') over (
            partition by person_key order by valid_from
        ) as previous_health
    from {{ ref('int_customer_health') }}

),

-- A reactivation stands while any order of its day does.
standing_reactivations as (

    select
        subject_key,
        reactivated_on
    from {{ ref('int_reactivations') }}
    where voided_on is null

),

dated_changes as (

    select
        health_changes.*,
        case when standing_reactivations.subject_key is not null then 1 else 0 end
            as reactivations
    from health_changes
    left join standing_reactivations
        on
            health_changes.person_key = standing_reactivations.subject_key
            and health_changes.valid_from = standing_reactivations.reactivated_on

),

period_changes as (

    {% for grain in period_grains() -%}
    select
        '{{ grain }}' as period_grain,
        {{ period_start('valid_from', grain) }} as period_start,
        person_key,
        min_by(previous_health, valid_from) as health_at_start,
        max_by(health, valid_from) as health_at_end,
        cast(sum(reactivations) as bigint) as reactivations
    from dated_changes
    group by
        {{ period_start('valid_from', grain) }},
        person_key
    {%- if not loop.last %}

    union all

    {% endif -%}
    {%- endfor %}

),

judged_changes as (

    select
        *,
        health_at_start in ('active', 'at_risk') as was_active,
        health_at_end in ('active', 'at_risk') as is_active
    from period_changes

)

select * from judged_changes

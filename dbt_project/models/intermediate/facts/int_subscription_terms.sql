-- The times in which a subscription is in force, from when to when: a period that begins before all
-- earlier ones have ended goes on with them.

with

placed_periods as (

    select
        person_key,
        subscription_id,
        begins_on,
        ends_on,
        coalesce(
            begins_on > max(ends_on) over (
                partition by person_key, subscription_id
                order by begins_on, ends_on
                rows between unbounded preceding and 1 preceding
            ),
            true
        ) as is_new
    from {{ ref('int_paid_periods') }}
    where ends_on > begins_on

),

numbered_periods as (

    select
        *,
        sum(case when is_new then 1 else 0 end) over (
            partition by person_key, subscription_id
            order by begins_on, ends_on
            rows between unbounded preceding and current row
        ) as term_no
    from placed_periods

),

subscription_terms as (

    select
        person_key,
        subscription_id,
        term_no,
        min(begins_on) as begins_on,
        max(ends_on) as ends_on
    from numbered_periods
    group by
        person_key,
        subscription_id,
        term_no

)

select * from subscription_terms

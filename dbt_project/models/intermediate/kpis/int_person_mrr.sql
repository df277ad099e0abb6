-- The recurring revenue of a person at the end of each day, as spans, with what it was just before
-- and whether there had ever been any.

with

settings as (

    select as_of_date from {{ ref('int_settings') }}

),

turns as (

    select
        person_key,
        valid_from as turned_on,
        amount,
        case when is_missing_rate then 1 else 0 end as unrated_amounts
    from {{ ref('int_subscription_amounts') }}

    union all

    select
        amounts.person_key,
        amounts.valid_to as turned_on,
        -amounts.amount as amount,
        case when amounts.is_missing_rate then -1 else 0 end as unrated_amounts
    from {{ ref('int_subscription_amounts') }} as amounts
    cross join settings
    where amounts.valid_to <= settings.as_of_date

),

day_turns as (

    select
        person_key,
        turned_on,
        sum(amount) as amount,
        sum(unrated_amounts) as unrated_amounts
    from turns
    group by
        person_key,
        turned_on

),

balances as (

    select
        person_key,
        turned_on as valid_from,
        coalesce(
            lead(turned_on) over (partition by person_key order by turned_on),
            cast('9999-12-31' as date)
        ) as valid_to,
        cast(sum(amount) over turns_so_far as decimal(38, 4)) as mrr,
        sum(unrated_amounts) over turns_so_far > 0 as is_missing_rate
    from day_turns
    window turns_so_far as (partition by person_key order by turned_on)

),

running_balances as (

    select
        *,
        mrr > 0 or is_missing_rate as is_running
    from balances

),

person_mrr as (

    select
        *,
        lag(mrr, 1, 0) over person_spans as previous_mrr,
        lag(is_running, 1, false) over person_spans as was_running,
        coalesce(
            bool_or(mrr > 0) over (
                partition by person_key
                order by valid_from
                rows between unbounded preceding and 1 preceding
            ),
            false
        ) as had_mrr_before
    from running_balances
    window person_spans as (partition by person_key order by valid_from)

)

select * from person_mrr

-- The share of subscriptions still in force after so many days, by Kaplan and Meier (1958): the
-- product, over all days until then on which some ended, of the share of those still observed
-- that did not. Each time in force counts by itself; one that goes on is observed up to the as-of
-- date. Few subscriptions say nothing. Over 120 lines, since the share and the days it adds up to
-- are one walk over the same days.

with

settings as (

    select as_of_date from {{ ref('int_settings') }}

),

terms as (

    select
        terms.person_key,
        terms.subscription_id,
        {{ days_between('terms.begins_on', 'least(terms.ends_on, settings.as_of_date)') }} as days,
        case when terms.ends_on <= settings.as_of_date then 1 else 0 end as ends
    from {{ ref('int_subscription_terms') }} as terms
    cross join settings

),

subscriptions as (

    select count(*) as subscriptions
    from (
        select
            person_key,
            subscription_id
        from terms
        group by
            person_key,
            subscription_id
    ) as distinct_subscriptions

),

days_of_terms as (

    select
        days,
        count(*) as terms,
        sum(ends) as ends
    from terms
    group by days

),

days_at_risk as (

    select
        days,
        ends,
        sum(terms) over (
            order by days desc
            rows between unbounded preceding and current row
        ) as terms_at_risk
    from days_of_terms

),

steps as (

    select
        0 as days,
        cast(0 as decimal(38, 18)) as log_share,
        false as is_last

    union all

    select
        days,
        case
            when ends < terms_at_risk
                then
                    cast(
                        ln(cast(terms_at_risk - ends as double) / terms_at_risk) as decimal(38, 18)
                    )
        end as log_share,
        ends = terms_at_risk as is_last
    from days_at_risk
    where ends > 0

),

-- Logarithms are summed as decimals: a product of floats would hang on how it is taken apart.
surviving_shares as (

    select
        days as days_from,
        lead(days) over (order by days) as days_until,
        case
            when bool_or(is_last) over steps_so_far then 0
            else exp(cast(sum(log_share) over steps_so_far as double))
        end as surviving_share
    from steps
    window steps_so_far as (
        order by days
        rows between unbounded preceding and current row
    )

),

survival as (

    select
        surviving_shares.days_from,
        surviving_shares.days_until,
        surviving_shares.surviving_share,
        coalesce(
            sum(
                cast(surviving_shares.surviving_share as decimal(38, 18))
                * (surviving_shares.days_until - surviving_shares.days_from)
            ) over (
                order by surviving_shares.days_from
                rows between unbounded preceding and 1 preceding
            ),
            0
        ) as days_survived_before
    from surviving_shares
    cross join subscriptions
    cross join {{ ref('int_value_limits') }} as limits
    where subscriptions.subscriptions >= limits.fewest_subscriptions

)

select * from survival

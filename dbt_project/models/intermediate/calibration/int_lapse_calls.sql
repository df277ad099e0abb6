-- After how many days of silence a customer would have been called lapsed, by what was known on a
-- month end: by the policy that was recommended then, as health tells it, and by BG/NBD as it was
-- fitted then, from when on the customer has rather left than not. Who ordered once has never left
-- for BG/NBD.

with

policies as (

    select
        *,
        {{ normal_quantile('at_risk_quantile') }} as at_risk_normal,
        {{ normal_quantile('lapsed_quantile') }} as lapsed_normal
    from {{ ref('int_recommended_policies') }}

),

order_fits as (

    select *
    from {{ ref('int_value_fits') }}
    where
        model = 'bg_nbd'
        and is_converged

),

known_histories as (

    select
        trials.person_key,
        trials.month_end,
        trials.last_order_on,
        trials.has_returned,
        orders.gaps,
        orders.log_gaps,
        {{ days_between('orders.first_order_on', 'orders.last_order_on') }} as recency_days
    from {{ ref('int_lapse_trials') }} as trials
    inner join {{ ref('int_order_snapshots') }} as orders
        on
            trials.person_key = orders.person_key
            and trials.month_end = orders.known_on

),

rhythms as (

    select
        histories.*,
        (histories.log_gaps + policies.prior_weight * ln(policies.prior_gap_days))
        / (histories.gaps + policies.prior_weight) as mean_log_gap
    from known_histories as histories
    inner join policies on histories.month_end = policies.known_on

),

-- The odds to have left are a / (b + x - 1) * ((alpha + age) / (alpha + recency)) ^ (r + x).
lapse_calls as (

    select
        'recommended' as policy,
        rhythms.person_key,
        rhythms.month_end,
        rhythms.last_order_on,
        rhythms.has_returned,
        greatest(
            {{ silence_limit('rhythms.mean_log_gap', 'policies.at_risk_normal', 'policies') }} + 1,
            {{ silence_limit('rhythms.mean_log_gap', 'policies.lapsed_normal', 'policies') }}
        ) as lapsed_after
    from rhythms
    inner join policies on rhythms.month_end = policies.known_on

    union all

    select
        'p_alive_below_half' as policy,
        histories.person_key,
        histories.month_end,
        histories.last_order_on,
        histories.has_returned,
        case
            when histories.gaps > 0
                then cast(
                    greatest(
                        floor(round(
                            (fits.alpha + histories.recency_days)
                            * (
                                exp(
                                    ln((fits.b + histories.gaps - 1) / fits.a)
                                    / (fits.r + histories.gaps)
                                )
                                - 1
                            ),
                            6
                        )) + 1,
                        0
                    ) as bigint
                )
        end as lapsed_after
    from known_histories as histories
    inner join order_fits as fits
        on 'month:' || cast(histories.month_end as string) = fits.purpose

)

select * from lapse_calls

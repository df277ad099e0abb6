-- After how many days of silence BG/NBD, as fitted on what was known at a month end, would have
-- told that a customer has rather left than not. Who ordered once is never told to have left.

with

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
        {{ days_between('orders.first_order_on', 'orders.last_order_on') }} as recency_days
    from {{ ref('int_lapse_trials') }} as trials
    inner join {{ ref('int_order_snapshots') }} as orders
        on
            trials.person_key = orders.person_key
            and trials.month_end = orders.known_on

),

-- The odds to have left are a / (b + x - 1) * ((alpha + age) / (alpha + recency)) ^ (r + x).
bg_nbd_lapse_calls as (

    select
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

select * from bg_nbd_lapse_calls

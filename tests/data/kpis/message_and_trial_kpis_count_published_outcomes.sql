-- Told again from the published messages and trials: nothing is lost or doubled on the way.
with

outcomes as (

    {% for kpi, flag in [
        ('email_open_rate', 'is_opened'),
        ('email_click_rate', 'is_clicked'),
        ('unsubscribe_rate', 'is_unsubscribed'),
    ] -%}
    select
        delivered_on as period_start,
        '{{ kpi }}' as kpi,
        count(*) as denominator,
        count(*) filter (where {{ flag }}) as numerator
    from {{ ref('message_outcomes') }}
    group by delivered_on

    union all

    {% endfor -%}
    select
        started_on as period_start,
        'trial_to_paid_rate' as kpi,
        count(*) as denominator,
        count(*) filter (where outcome = 'paid') as numerator
    from {{ ref('trial_outcomes') }}
    group by started_on

)

select
    kpi_values.kpi,
    kpi_values.period_start,
    kpi_values.numerator,
    kpi_values.denominator,
    outcomes.numerator as counted_numerator,
    outcomes.denominator as counted_denominator
from {{ ref('kpi_values') }} as kpi_values
left join outcomes
    on
        kpi_values.kpi = outcomes.kpi
        and kpi_values.period_start = outcomes.period_start
where
    kpi_values.kpi in (
        'email_open_rate', 'email_click_rate', 'unsubscribe_rate', 'trial_to_paid_rate'
    )
    and kpi_values.period_grain = 'day'
    and kpi_values.dimension = 'all'
    and kpi_values.status <> 'no_input'
    and (
        kpi_values.numerator <> coalesce(outcomes.numerator, 0)
        or kpi_values.denominator <> coalesce(outcomes.denominator, 0)
    )

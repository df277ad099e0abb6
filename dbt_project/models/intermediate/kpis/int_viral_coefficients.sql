-- The viral coefficient sets a flow against a stock: invitations sent in the period that converted,
-- and the customers active at its end.
{%- set dimensions = ['country', 'account'] %}

with

conversions as (

    {{ kpi_from_facts(
        ref('int_kpi_referral_facts'),
        kpis=[{'kpi': 'viral_coefficient', 'numerator': 'converted_invitations'}],
        dimensions=dimensions,
    ) }}

),

active_spans as (

    select
        spans.subject_key as person_key,
        spans.valid_from,
        spans.valid_to
    from {{ ref('int_health_spans') }} as spans
    inner join {{ ref('int_person_attributes') }} as attributes
        on spans.subject_key = attributes.person_key
    where
        spans.health in ('active', 'at_risk')
        and not attributes.is_guest

),

active_customers as (

    {{ kpi_from_spans(
        'active_spans',
        kpis=[{'kpi': 'viral_coefficient', 'numerator': '1'}],
        dimensions=dimensions,
    ) }}

),

coefficients as (

    select
        'viral_coefficient' as kpi,
        coalesce(conversions.period_grain, active_customers.period_grain) as period_grain,
        coalesce(conversions.period_start, active_customers.period_start) as period_start,
        coalesce(conversions.dimension, active_customers.dimension) as dimension,
        coalesce(conversions.dimension_value, active_customers.dimension_value)
            as dimension_value,
        coalesce(conversions.numerator, cast(0 as decimal(38, 4))) as numerator,
        coalesce(active_customers.numerator, cast(0 as decimal(38, 4))) as denominator,
        cast(coalesce(active_customers.numerator, 0) as bigint) as sample_size,
        conversions.last_unit_on,
        conversions.mature_on,
        false as is_missing_rate,
        false as is_unknown
    from conversions
    full join active_customers
        on
            conversions.period_grain = active_customers.period_grain
            and conversions.period_start = active_customers.period_start
            and conversions.dimension = active_customers.dimension
            and conversions.dimension_value = active_customers.dimension_value

)

select * from coefficients

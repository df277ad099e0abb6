-- KPIs of carts, on the date of the cart's first event. An open cart adds nothing, but keeps its period
-- immature; so does, for the recovery rate, an abandoned one until its week is over.
{%- set is_abandoned = "outcome in ('abandoned', 'recovered')" %}
{%- set never = "when outcome = 'open' then cast('9999-12-31' as date)" %}

with

facts as (

    select
        * exclude (is_missing_rate),
        is_missing_rate and {{ is_abandoned }} as is_missing_rate
    from {{ ref('int_cart_outcomes') }}

),

kpi_rows as (

    {{ kpi_from_facts(
        'facts',
        kpis=[
            {
                'kpi': 'cart_abandonment_rate',
                'numerator': 'case when ' ~ is_abandoned ~ ' then 1 else 0 end',
                'denominator': "case when outcome = 'open' then 0 else 1 end",
                'mature_on': 'case ' ~ never ~ ' end',
            },
            {
                'kpi': 'cart_recovery_rate',
                'numerator': "case outcome when 'recovered' then 1 when 'converted' then null else 0 end",
                'denominator': 'case when ' ~ is_abandoned ~ " then 1 when outcome = 'open' then 0 end",
                'mature_on': 'case ' ~ never ~ ' when ' ~ is_abandoned ~ ' then recoverable_until end',
            },
            {
                'kpi': 'cart_value_abandoned',
                'numerator': 'case when ' ~ is_abandoned ~ ' then coalesce(cart_value, 0)'
                    ~ " when outcome = 'open' then 0 end",
                'sample': 'case when ' ~ is_abandoned ~ ' then 1 end',
                'mature_on': 'case ' ~ never ~ ' end',
                'is_money': true,
            },
        ],
        dimensions=['country', 'account'],
    ) }}

)

select * from kpi_rows

-- KPIs of carts, on the date of the cart's first event. An open cart adds nothing, but keeps its
-- period immature; so does, for the recovery rate, an abandoned one until its week is over.
{%- set is_abandoned = "outcome in ('abandoned', 'recovered')" %}
{%- set is_open = "outcome = 'open'" %}
{%- set never = 'when ' ~ is_open ~ " then cast('9999-12-31' as date)" %}

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
                'denominator': 'case when ' ~ is_open ~ ' then 0 else 1 end',
                'mature_on': 'case ' ~ never ~ ' end',
            },
            {
                'kpi': 'cart_recovery_rate',
                'numerator': "case when outcome = 'recovered' then 1 end",
                'denominator': 'case when ' ~ is_abandoned ~ ' then 1 when ' ~ is_open
                    ~ ' then 0 end',
                'mature_on': 'case ' ~ never ~ ' else recoverable_until end',
            },
            {
                'kpi': 'cart_value_abandoned',
                'numerator': 'case when ' ~ is_abandoned ~ ' then coalesce(cart_value, 0)'
                    ~ ' when ' ~ is_open ~ ' then 0 end',
                'sample': 'case when ' ~ is_abandoned ~ ' then 1 end',
                'mature_on': 'case ' ~ never ~ ' end',
                'is_money': true,
            },
        ],
        dimensions=['country', 'account'],
    ) }}

)

select * from kpi_rows

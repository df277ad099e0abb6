-- KPIs of how often customers buy. Gaps and second orders add up; customers of a period are counted
-- anew in each.
{%- set dimensions = ['country', 'account'] %}

with

sums as (

    {{ kpi_from_facts(
        ref('int_kpi_customer_facts'),
        kpis=[
            {
                'kpi': 'second_order_rate_90d',
                'numerator': 'second_orders * new_customers',
                'denominator': 'new_customers',
            },
            {
                'kpi': 'average_days_between_orders',
                'numerator': 'days_since_previous',
                'denominator': 'case when days_since_previous is not null then 1 end',
            },
        ],
        dimensions=dimensions,
    ) }}

),

customer_counts as (

    {{ kpi_from_sets(
        ref('int_kpi_customer_periods'),
        kpis=[
            {'kpi': 'orders_per_customer', 'numerator': 'orders', 'denominator': '1'},
            {
                'kpi': 'repeat_purchase_rate',
                'numerator': 'case when order_days >= 2 then 1 else 0 end',
                'denominator': '1',
            },
            {
                'kpi': 'returning_customer_rate',
                'numerator': 'case when is_returning then 1 else 0 end',
                'denominator': '1',
            },
            {
                'kpi': 'cross_sell_rate',
                'numerator': 'case when has_new_category then 1 end',
                'denominator': 'case when is_returning then 1 end',
            },
            {
                'kpi': 'loyalty_participation_rate',
                'numerator': 'case when is_member then 1 else 0 end',
                'denominator': '1',
            },
        ],
        dimensions=dimensions,
    ) }}

),

kpi_rows as (

    select * from sums

    union all

    select * from customer_counts

)

select * from kpi_rows

-- KPIs of booked orders. An order's KPIs stand on its date, refunded_amount and the minus of
-- net_revenue on the refund's.
{%- set dimensions = ['channel', 'country', 'health', 'account'] %}

with

sums as (

    {{ kpi_from_facts(
        ref('int_kpi_order_facts'),
        kpis=[
            {'kpi': 'orders', 'numerator': 'orders'},
            {'kpi': 'gross_revenue', 'numerator': 'gross_value', 'is_money': true},
            {'kpi': 'refunded_amount', 'numerator': 'refund_value', 'is_money': true},
            {
                'kpi': 'net_revenue',
                'numerator': 'coalesce(gross_value, 0) - coalesce(refund_value, 0)',
                'sample': 'orders',
                'is_money': true,
            },
            {
                'kpi': 'average_order_value',
                'numerator': 'gross_value',
                'denominator': 'orders',
                'is_money': true,
            },
            {
                'kpi': 'net_average_order_value',
                'numerator': 'gross_value - refunded_to_date',
                'denominator': 'orders',
                'is_money': true,
            },
            {
                'kpi': 'units_per_order',
                'numerator': 'units',
                'denominator': 'case when units is not null then 1 end',
            },
            {
                'kpi': 'discount_rate',
                'numerator': 'discount_value',
                'denominator': 'gross_value + discount_value',
                'sample': 'case when discount_value is not null then 1 end',
                'is_money': true,
            },
            {'kpi': 'refund_rate', 'numerator': 'refunded_orders', 'denominator': 'orders'},
            {
                'kpi': 'refunded_amount_rate',
                'numerator': 'refunded_to_date',
                'denominator': 'gross_value',
                'sample': 'orders',
                'is_money': true,
            },
            {'kpi': 'guest_order_share', 'numerator': 'guest_orders', 'denominator': 'orders'},
            {
                'kpi': 'on_time_delivery_rate',
                'numerator': 'timely_deliveries * due_deliveries',
                'denominator': 'due_deliveries',
            },
        ],
        dimensions=dimensions,
    ) }}

),

medians as (

    {{ kpi_from_sets(
        ref('int_kpi_order_facts'),
        kpis=[
            {
                'kpi': 'median_order_value',
                'numerator': 'gross_value',
                'aggregate': 'median',
                'is_money': true,
            },
        ],
        dimensions=dimensions,
        is_dated=true,
    ) }}

),

kpi_rows as (

    select * from sums

    union all

    select * from medians

)

select * from kpi_rows

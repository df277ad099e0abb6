-- KPIs of orders that came through an affiliate, on the date of the order and of each refund.

with

kpi_rows as (

    {{ kpi_from_facts(
        ref('int_kpi_affiliate_facts'),
        kpis=[
            {
                'kpi': 'affiliate_revenue',
                'numerator': 'net_value',
                'sample': 'orders',
                'is_money': true,
            },
            {
                'kpi': 'affiliate_commission',
                'numerator': 'commission',
                'sample': 'commissioned_orders',
                'is_money': true,
            },
        ],
        dimensions=['channel', 'country', 'health', 'account'],
    ) }}

)

select * from kpi_rows

-- KPIs of support: tickets on their opening, hours on the response or resolution they lead to.

with

kpi_rows as (

    {{ kpi_from_facts(
        ref('int_kpi_support_facts'),
        kpis=[
            {
                'kpi': 'tickets_per_100_orders',
                'numerator': '100 * tickets',
                'denominator': 'orders',
            },
            {
                'kpi': 'first_response_hours',
                'numerator': 'response_hours',
                'denominator': 'case when response_hours is not null then 1 end',
            },
            {
                'kpi': 'resolution_hours',
                'numerator': 'resolution_hours',
                'denominator': 'case when resolution_hours is not null then 1 end',
            },
        ],
        dimensions=['country', 'health', 'account'],
    ) }}

)

select * from kpi_rows

-- KPIs of sessions, all on the date on which the session starts.

with

kpi_rows as (

    {{ kpi_from_facts(
        ref('int_session_outcomes'),
        kpis=[
            {'kpi': 'sessions', 'numerator': '1'},
            {
                'kpi': 'engaged_session_rate',
                'numerator': 'case when is_engaged then 1 else 0 end',
                'denominator': '1',
            },
            {
                'kpi': 'bounce_rate',
                'numerator': 'case when is_engaged then 0 else 1 end',
                'denominator': '1',
            },
            {
                'kpi': 'conversion_rate',
                'numerator': 'case when orders > 0 then 1 else 0 end',
                'denominator': '1',
            },
            {
                'kpi': 'checkout_completion_rate',
                'numerator': 'case when checkout_order_id is not null then 1 end',
                'denominator': 'case when has_checkout then 1 end',
            },
        ],
        dimensions=['channel', 'country', 'health', 'account'],
    ) }}

)

select * from kpi_rows

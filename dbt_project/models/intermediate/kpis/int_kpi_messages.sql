-- KPIs of messages, all on the date of delivery.

with

kpi_rows as (

    {{ kpi_from_facts(
        ref('int_message_outcomes'),
        kpis=[
            {
                'kpi': 'email_open_rate',
                'numerator': 'case when opened_at is not null then 1 end',
                'denominator': '1',
            },
            {
                'kpi': 'email_click_rate',
                'numerator': 'case when clicked_at is not null then 1 end',
                'denominator': '1',
            },
            {
                'kpi': 'unsubscribe_rate',
                'numerator': 'case when unsubscribed_at is not null then 1 end',
                'denominator': '1',
            },
        ],
        dimensions=['country', 'health', 'account'],
    ) }}

)

select * from kpi_rows

-- KPIs of recurring revenue. Rates set the movements of a period against the revenue at its start;
-- a subscription without a known rate makes what it touches unknown.
{%- set dimensions = ['country', 'account'] %}
{%- set at_start = {
    'denominator': 'case when is_running then mrr end',
    'sample': 'case when is_running then 1 else 0 end',
    'is_money': true,
    'at': 'start',
} %}
{%- set since_start = {
    'denominator': 'case when was_running then 0 end',
    'sample': '0',
    'is_money': true,
} %}
{%- set lost = 'churned_mrr + contraction_mrr' %}
{%- set amounts = [] %}
{%- for movement in [
    'new_mrr', 'expansion_mrr', 'contraction_mrr', 'churned_mrr', 'reactivation_mrr',
] %}
{%- do amounts.append({
    'kpi': movement,
    'numerator': 'case when ' ~ movement ~ ' > 0 or is_missing_rate then ' ~ movement ~ ' end',
    'is_money': true,
}) %}
{%- endfor %}

with

stocks as (

    {{ kpi_from_spans(
        ref('int_person_mrr'),
        kpis=[
            {'kpi': 'mrr', 'numerator': 'case when is_running then mrr end', 'is_money': true},
            dict(
                at_start,
                kpi='gross_mrr_churn_rate',
                numerator='case when is_running then 0 end',
            ),
            dict(at_start, kpi='net_revenue_retention', numerator=at_start.denominator),
            dict(at_start, kpi='gross_revenue_retention', numerator=at_start.denominator),
        ],
        dimensions=dimensions,
    ) }}

),

movements as (

    {{ kpi_from_sets(
        ref('int_mrr_movements'),
        kpis=[
            {
                'kpi': 'quick_ratio',
                'numerator': 'new_mrr + expansion_mrr + reactivation_mrr',
                'denominator': lost,
                'sample': 'case when ' ~ lost ~ ' > 0 then 1 else 0 end',
                'is_money': true,
            },
            dict(
                since_start,
                kpi='gross_mrr_churn_rate',
                numerator='case when was_running then ' ~ lost ~ ' end',
            ),
            dict(
                since_start,
                kpi='net_revenue_retention',
                numerator='case when was_running then expansion_mrr - (' ~ lost ~ ') end',
            ),
            dict(
                since_start,
                kpi='gross_revenue_retention',
                numerator='case when was_running then -(' ~ lost ~ ') end',
            ),
        ],
        dimensions=dimensions,
    ) }}

),

amounts as (

    {{ kpi_from_sets(
        ref('int_mrr_movements'),
        kpis=amounts,
        dimensions=dimensions,
    ) }}

),

sums as (

    select * from stocks

    union all

    select * from movements

    union all

    select * from amounts

),

kpi_rows as (

    {{ kpi_summed_rows('sums') }}

)

select * from kpi_rows

-- KPIs of reviews, product shares and loyalty points.

with

kpi_rows as (

    {{ kpi_from_facts(
        ref('int_kpi_review_facts'),
        kpis=[
            {
                'kpi': 'review_average',
                'numerator': 'score',
                'denominator': 'case when score is not null then 1 end',
            },
            {
                'kpi': 'review_count',
                'numerator': 'case when score is not null then 1 end',
            },
            {'kpi': 'shares_count', 'numerator': 'shares'},
            {
                'kpi': 'points_redeemed_to_earned',
                'numerator': 'points_redeemed',
                'denominator': 'points_earned',
                'sample': 'case when points_earned is not null then 1 end',
            },
        ],
        dimensions=['country', 'health', 'account'],
    ) }}

)

select * from kpi_rows

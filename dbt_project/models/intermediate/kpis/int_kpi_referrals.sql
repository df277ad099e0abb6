-- KPIs of referrals: new customers on their first order, invitations on their sending.

with

rates as (

    {{ kpi_from_facts(
        ref('int_kpi_referral_facts'),
        kpis=[
            {
                'kpi': 'referral_rate',
                'numerator': 'referred_customers',
                'denominator': 'new_customers',
            },
            {
                'kpi': 'invite_conversion_rate',
                'numerator': 'converted_invitations',
                'denominator': 'invitations',
            },
        ],
        dimensions=['country', 'health', 'account'],
    ) }}

),

kpi_rows as (

    select * from rates

    union all

    select
        kpi,
        period_grain,
        period_start,
        dimension,
        dimension_value,
        numerator,
        denominator,
        sample_size,
        last_unit_on,
        mature_on,
        is_missing_rate,
        is_unknown
    from {{ ref('int_viral_coefficients') }}

)

select * from kpi_rows

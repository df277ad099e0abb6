-- Law: survival never rises, and from day to day the gaps at risk fall by those that ended.

{{ config(meta={'dagster': {'ref': {'name': 'lapse_calibration'}}}) }}

with

days as (

    select
        *,
        lag(survival) over gap_days as survival_before,
        lead(at_risk) over gap_days as at_risk_after
    from {{ ref('lapse_calibration') }}
    window gap_days as (partition by gap_ordinal order by day)

)

select
    gap_ordinal,
    day
from days
where
    survival > survival_before
    or at_risk - ordered_again - still_open <> coalesce(at_risk_after, 0)

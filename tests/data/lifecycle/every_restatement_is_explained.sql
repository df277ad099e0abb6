-- A period that was over says otherwise though neither rules nor settings are others and no row has
-- come that could have changed it. It is told, and stops no build: what is new is not less true.

{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'restatements'}}}) }}

select
    kpi,
    period_grain,
    period_start,
    dimension,
    dimension_value
from {{ ref('restatements') }}
where cause = 'unexplained'

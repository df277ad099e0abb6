-- Law: the shares of a from row of the transition matrix add up to 1, up to the rounding of each.

{{ config(meta={'dagster': {'ref': {'name': 'stage_flow_monthly'}}}) }}

with

wrong_rows as (

    select
        framework,
        month,
        from_stage,
        from_health,
        sum(share) as shares
    from {{ ref('stage_flow_monthly') }}
    group by
        framework,
        month,
        from_stage,
        from_health
    having
        abs(sum(share) - 1) > 0.00000001
        or min(share) <= 0

)

select * from wrong_rows

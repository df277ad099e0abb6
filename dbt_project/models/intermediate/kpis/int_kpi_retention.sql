-- Who stays, lapses and comes back. A rate over a period is a set: who stood at its start, and of
-- these, who moved; so its rows are both spans of health and changes of it.

with

kpis as (

    select * from {{ ref('kpis') }}
    where model = 'int_kpi_retention'

),

stock_rows as (

    select
        kpis.kpi,
        health.valid_from,
        health.valid_to,
        kpis.kpi not in ('at_risk_share', 'lapsed_share') as is_opening,
        health.person_key,
        case kpis.kpi
            when 'retention_rate' then case when health.is_active then 1 end
            when 'churn_rate' then case when health.is_active then 0 end
            when 'reactivation_rate' then case when health.health = 'lapsed' then 0 end
            when 'at_risk_recovery_rate' then case when health.health = 'at_risk' then 0 end
            when 'at_risk_share'
                then case when health.has_bought then cast(health.health = 'at_risk' as integer) end
            when 'lapsed_share'
                then case when health.has_bought then cast(health.health = 'lapsed' as integer) end
        end as numerator,
        case kpis.kpi
            when 'retention_rate' then case when health.is_active then 1 end
            when 'churn_rate' then case when health.is_active then 1 end
            when 'reactivation_rate' then case when health.health = 'lapsed' then 1 end
            when 'at_risk_recovery_rate' then case when health.health = 'at_risk' then 1 end
            when 'at_risk_share' then case when health.has_bought then 1 end
            when 'lapsed_share' then case when health.has_bought then 1 end
        end as denominator
    from {{ ref('int_customer_health') }} as health
    cross join kpis

),

moves as (

    select
        *,
        was_active and not is_active as is_lost,
        health_at_start = 'lapsed' and reactivations > 0 as is_back,
        health_at_start = 'at_risk' and health_at_end = 'active' as is_recovered
    from {{ ref('int_customer_health_changes') }}

),

move_rows as (

    select
        kpis.kpi,
        moves.period_grain,
        moves.period_start,
        moves.person_key,
        case kpis.kpi
            when 'retention_rate' then case when moves.is_lost then -1 end
            when 'churn_rate' then case when moves.is_lost then 1 end
            when 'reactivation_rate' then case when moves.is_back then 1 end
            when 'at_risk_recovery_rate' then case when moves.is_recovered then 1 end
        end as numerator
    from moves
    cross join kpis

),

-- A reactivation counts unless every order of its day is void.
reactivation_rows as (

    select
        kpis.kpi,
        reactivations.reactivated_on as fact_date,
        reactivations.subject_key as person_key,
        case kpis.kpi when 'reactivations' then 1 end as numerator
    from {{ ref('int_reactivations') }} as reactivations
    inner join {{ ref('int_person_attributes') }} as attributes
        on reactivations.subject_key = attributes.person_key
    cross join kpis
    where
        reactivations.voided_on is null
        and not attributes.is_guest

),

kpi_rows as (

    {{ union_by_name(['stock_rows', 'move_rows', 'reactivation_rows']) }}

)

select * from kpi_rows

-- The distinct conditions of the built frameworks, each with its place in the state of a subject:
-- the true conditions of a subject on a day are bits of two integers ("words") of 60 bits.

with

rule_uses as (

    select
        stage_rules.rule,
        bool_or(built_frameworks.subject_type = 'person') as for_persons,
        bool_or(built_frameworks.subject_type = 'account') as for_accounts
    from {{ ref('stage_rules') }} as stage_rules
    inner join {{ ref('int_built_frameworks') }} as built_frameworks
        on stage_rules.framework = built_frameworks.framework
    group by stage_rules.rule

),

distinct_conditions as (

    select
        rule_conditions.signal,
        rule_conditions.measure,
        rule_conditions.window_days,
        rule_conditions.at_least,
        rule_conditions.below,
        bool_or(rule_uses.for_persons) as for_persons,
        bool_or(rule_uses.for_accounts) as for_accounts
    from {{ ref('rule_conditions') }} as rule_conditions
    inner join rule_uses on rule_conditions.rule = rule_uses.rule
    group by
        rule_conditions.signal,
        rule_conditions.measure,
        rule_conditions.window_days,
        rule_conditions.at_least,
        rule_conditions.below

),

numbered_conditions as (

    select
        *,
        cast(
            row_number() over (order by signal, measure, window_days, at_least, below) - 1
            as smallint
        ) as condition_no,
        cast(dense_rank() over (order by signal, measure, window_days) as smallint) as metric_no
    from distinct_conditions

),

conditions as (

    select
        numbered_conditions.condition_no,
        numbered_conditions.metric_no,
        numbered_conditions.signal,
        signal_names.signal_no,
        numbered_conditions.measure,
        numbered_conditions.window_days,
        numbered_conditions.at_least,
        numbered_conditions.below,
        numbered_conditions.for_persons,
        numbered_conditions.for_accounts,
        case
            when numbered_conditions.condition_no < 60
                then cast(1 as bigint) << cast(numbered_conditions.condition_no as integer)
            else 0
        end as bit_0,
        case
            when numbered_conditions.condition_no >= 60
                then cast(1 as bigint) << cast(numbered_conditions.condition_no - 60 as integer)
            else 0
        end as bit_1,
        -- Counts and sums are 0 where nothing happened yet; the other measures are null, which is
        -- false.
        numbered_conditions.measure in ('count', 'days', 'sum')
        and coalesce(numbered_conditions.at_least <= 0, true)
        and coalesce(numbered_conditions.below > 0, true) as holds_at_zero
    from numbered_conditions
    inner join {{ ref('int_signal_names') }} as signal_names
        on numbered_conditions.signal = signal_names.signal

)

select * from conditions

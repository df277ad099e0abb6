-- Why each subject is in its stage, and what the next one asks: the conditions of the rule that won
-- and of the rules of the next stage, with what each comes to today.

with

explained_conditions as (

    select
        condition_set_evidence.framework,
        current_states.subject_key,
        condition_set_evidence.stage,
        condition_set_evidence.rule,
        condition_set_evidence.is_winner,
        condition_set_evidence.way,
        condition_set_evidence.place_in_rule,
        condition_set_evidence.holds,
        conditions.condition_no,
        conditions.signal,
        conditions.measure,
        conditions.window_days,
        conditions.at_least,
        conditions.below,
        -- Counts and sums are 0 where there is no fact, the other measures null.
        case conditions.measure
            when 'count' then cast(coalesce(measured_values.facts, 0) as decimal(38, 4))
            when 'days' then cast(coalesce(measured_values.days, 0) as decimal(38, 4))
            when 'sum' then cast(coalesce(measured_values.value_sum, 0) as decimal(38, 4))
            when 'latest' then cast(measured_values.latest_value as decimal(38, 4))
            when 'days_since_first'
                then cast(
                    {{ days_between('measured_values.first_on', 'settings.as_of_date') }}
                    as decimal(38, 4)
                )
            when 'days_since_last'
                then cast(
                    {{ days_between('measured_values.last_on', 'settings.as_of_date') }}
                    as decimal(38, 4)
                )
        end as observed,
        measured_values.signals
    from {{ ref('int_current_states') }} as current_states
    cross join {{ ref('int_settings') }} as settings
    inner join {{ ref('int_condition_set_evidence') }} as condition_set_evidence
        on
            current_states.subject_type = condition_set_evidence.subject_type
            and current_states.word_0 = condition_set_evidence.word_0
            and current_states.word_1 = condition_set_evidence.word_1
    inner join {{ ref('int_conditions') }} as conditions
        on condition_set_evidence.condition_no = conditions.condition_no
    left join {{ ref('int_measured_values') }} as measured_values
        on
            current_states.subject_key = measured_values.subject_key
            and condition_set_evidence.metric_no = measured_values.metric_no

),

stage_evidence as (

    select
        conditions.framework,
        conditions.subject_key,
        conditions.stage,
        conditions.rule,
        conditions.is_winner,
        conditions.way,
        conditions.place_in_rule as condition_no,
        conditions.signal,
        conditions.measure,
        conditions.window_days,
        conditions.at_least,
        conditions.below,
        conditions.observed,
        conditions.holds,
        case
            when conditions.observed is null then null
            when conditions.observed < conditions.at_least
                then conditions.at_least - conditions.observed
            when conditions.observed >= conditions.below
                then conditions.observed - case
                    when conditions.measure in ('sum', 'latest') then conditions.below
                    -- What is counted goes one by one: 1 under "below 1" means that 1 must go.
                    else ceil(conditions.below) - 1
                end
            else 0
        end as missing,
        conditions.signals,
        case when conditions.holds then condition_ends.stops_holding_on end as stops_holding_on
    from explained_conditions as conditions
    left join {{ ref('int_condition_ends') }} as condition_ends
        on
            conditions.subject_key = condition_ends.subject_key
            and conditions.condition_no = condition_ends.condition_no

)

select * from stage_evidence

-- What a set of true conditions is explained by in each framework: the conditions of the rule that
-- wins, and of every rule of the next stage, the ways there. Few rows, however many subjects are in
-- the set: what is the same for all of them is decided here.

with

set_rules as (

    select
        subject_type,
        word_0,
        word_1,
        framework,
        stage,
        rule,
        true as is_winner
    from {{ ref('int_condition_set_stages') }}

    union all

    select
        condition_set_stages.subject_type,
        condition_set_stages.word_0,
        condition_set_stages.word_1,
        condition_set_stages.framework,
        next_stages.stage,
        stage_rules.rule,
        false as is_winner
    from {{ ref('int_condition_set_stages') }} as condition_set_stages
    inner join {{ ref('framework_stages') }} as next_stages
        on
            condition_set_stages.framework = next_stages.framework
            and condition_set_stages.ordinal + 1 = next_stages.ordinal
    inner join {{ ref('stage_rules') }} as stage_rules
        on
            next_stages.framework = stage_rules.framework
            and next_stages.stage = stage_rules.stage

),

rule_conditions as (

    select
        rule_conditions.rule,
        cast(
            row_number() over (
                partition by rule_conditions.rule order by rule_conditions.condition_no
            ) as integer
        ) as place_in_rule,
        conditions.condition_no,
        conditions.metric_no,
        conditions.signal_no,
        conditions.bit_0,
        conditions.bit_1
    from {{ ref('rule_conditions') }} as rule_conditions
    inner join {{ ref('int_conditions') }} as conditions
        on
            rule_conditions.signal = conditions.signal
            and rule_conditions.measure = conditions.measure
            and rule_conditions.window_days is not distinct from conditions.window_days
            and rule_conditions.at_least is not distinct from conditions.at_least
            and rule_conditions.below is not distinct from conditions.below

),

set_conditions as (

    select
        set_rules.*,
        rule_conditions.place_in_rule,
        rule_conditions.condition_no,
        rule_conditions.metric_no,
        rule_conditions.signal_no,
        (set_rules.word_0 & rule_conditions.bit_0) = rule_conditions.bit_0
        and (set_rules.word_1 & rule_conditions.bit_1) = rule_conditions.bit_1 as holds
    from set_rules
    inner join rule_conditions on set_rules.rule = rule_conditions.rule

),

ways as (

    select
        subject_type,
        word_0,
        word_1,
        framework,
        rule,
        row_number() over (
            partition by subject_type, word_0, word_1, framework
            order by sum(case when holds then 0 else 1 end), rule
        ) as way
    from set_conditions
    where not is_winner
    group by
        subject_type,
        word_0,
        word_1,
        framework,
        rule

),

ranked_conditions as (

    select
        set_conditions.*,
        ways.way
    from set_conditions
    left join ways
        on
            set_conditions.subject_type = ways.subject_type
            and set_conditions.word_0 = ways.word_0
            and set_conditions.word_1 = ways.word_1
            and set_conditions.framework = ways.framework
            and set_conditions.rule = ways.rule

)

select * from ranked_conditions

-- The stage that a set of true conditions means in each framework: the highest one with a rule
-- whose conditions are all in the set, and the lowest name among its rules that hold.

with

-- A condition that a rule names twice is one condition.
distinct_conditions as (

    select
        rule,
        signal,
        measure,
        window_days,
        at_least,
        below
    from {{ ref('rule_conditions') }}
    group by
        rule,
        signal,
        measure,
        window_days,
        at_least,
        below

),

rule_words as (

    select
        rule_conditions.rule,
        sum(conditions.bit_0) as word_0,
        sum(conditions.bit_1) as word_1
    from distinct_conditions as rule_conditions
    inner join {{ ref('int_conditions') }} as conditions
        on
            rule_conditions.signal = conditions.signal
            and rule_conditions.measure = conditions.measure
            and rule_conditions.window_days is not distinct from conditions.window_days
            and rule_conditions.at_least is not distinct from conditions.at_least
            and rule_conditions.below is not distinct from conditions.below
    group by rule_conditions.rule

),

stage_words as (

    select
        built_frameworks.framework,
        built_frameworks.subject_type,
        stages.stage,
        stages.ordinal,
        stage_rules.rule,
        cast(rule_words.word_0 as bigint) as word_0,
        cast(rule_words.word_1 as bigint) as word_1
    from {{ ref('int_built_frameworks') }} as built_frameworks
    inner join {{ ref('framework_stages') }} as stages
        on built_frameworks.framework = stages.framework
    inner join {{ ref('stage_rules') }} as stage_rules
        on
            stages.framework = stage_rules.framework
            and stages.stage = stage_rules.stage
    inner join rule_words on stage_rules.rule = rule_words.rule

),

-- The sets that are true somewhere: few, however many customers there are, so stages are decided on
-- them and not per customer.
condition_sets as (

    select
        {{ subject_type('subject_key') }} as subject_type,
        word_0,
        word_1
    from {{ ref('int_subject_states') }}
    group by
        {{ subject_type('subject_key') }},
        word_0,
        word_1

),

true_rules as (

    select
        sets.subject_type,
        sets.word_0,
        sets.word_1,
        stage_words.framework,
        stage_words.stage,
        stage_words.ordinal,
        stage_words.rule,
        row_number() over (
            partition by sets.subject_type, sets.word_0, sets.word_1, stage_words.framework
            order by stage_words.ordinal desc, stage_words.rule asc
        ) as place
    from condition_sets as sets
    inner join stage_words
        on
            sets.subject_type = stage_words.subject_type
            and (sets.word_0 & stage_words.word_0) = stage_words.word_0
            and (sets.word_1 & stage_words.word_1) = stage_words.word_1

),

condition_set_stages as (

    select
        subject_type,
        word_0,
        word_1,
        framework,
        stage,
        ordinal,
        rule
    from true_rules
    where place = 1

)

select * from condition_set_stages

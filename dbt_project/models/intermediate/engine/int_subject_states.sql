-- What is true of a subject from when on: the set of true conditions (two words of bits), health
-- and the number of reactivations. One row per date on which conditions or health change; the dates
-- after the as-of date are what will happen if nothing new does.

with

conditions as (

    select * from {{ ref('int_conditions') }}

),

subjects as (

    select * from {{ ref('int_subjects') }}

),

condition_changes as (

    select * from {{ ref('int_presence_changes') }}

    union all

    select * from {{ ref('int_count_changes') }}

    union all

    select * from {{ ref('int_extreme_changes') }}

),

subject_types as (

    select
        subject_type,
        is_account
    from subjects
    group by
        subject_type,
        is_account

),

initial_words as (

    select
        subject_types.subject_type,
        coalesce(sum(conditions.bit_0), 0) as word_0,
        coalesce(sum(conditions.bit_1), 0) as word_1
    from subject_types
    left join conditions
        on
            conditions.holds_at_zero
            and {{ applies_to_subject('subject_types') }}
    group by subject_types.subject_type

),

-- Health is counted as its step on the ladder, so that one running total serves it too.
changes as (

    select
        condition_changes.subject_key,
        condition_changes.changed_on,
        condition_changes.change * conditions.bit_0 as word_0,
        condition_changes.change * conditions.bit_1 as word_1,
        0 as health_step,
        0 as reactivations
    from condition_changes
    inner join conditions on condition_changes.condition_no = conditions.condition_no
    inner join subjects on condition_changes.subject_key = subjects.subject_key
    where {{ applies_to_subject('subjects') }}

    union all

    select
        subject_key,
        changed_on,
        0 as word_0,
        0 as word_1,
        {{ health_step('health') }} - {{ health_step('previous_health') }} as health_step,
        0 as reactivations
    from {{ ref('int_health_changes') }}

    union all

    select
        subject_key,
        reactivated_on as changed_on,
        0 as word_0,
        0 as word_1,
        0 as health_step,
        1 as reactivations
    from {{ ref('int_reactivations') }}

    union all

    select
        subject_key,
        voided_on as changed_on,
        0 as word_0,
        0 as word_1,
        0 as health_step,
        -1 as reactivations
    from {{ ref('int_reactivations') }}
    where voided_on is not null

    union all

    select
        subjects.subject_key,
        subjects.first_seen_on as changed_on,
        initial_words.word_0,
        initial_words.word_1,
        0 as health_step,
        0 as reactivations
    from subjects
    inner join initial_words on subjects.subject_type = initial_words.subject_type

),

daily_changes as (

    select
        subject_key,
        changed_on,
        cast(sum(word_0) as bigint) as word_0,
        cast(sum(word_1) as bigint) as word_1,
        sum(health_step) as health_step,
        sum(reactivations) as reactivations
    from changes
    group by
        subject_key,
        changed_on

),

running_states as (

    select
        subject_key,
        changed_on as valid_from,
        word_0 as word_0_change,
        word_1 as word_1_change,
        health_step as health_change,
        row_number() over subject_days = 1 as is_first,
        cast(sum(word_0) over subject_days as bigint) as word_0,
        cast(sum(word_1) over subject_days as bigint) as word_1,
        sum(health_step) over subject_days as health_step,
        1 + sum(reactivations) over subject_days as cycle
    from daily_changes
    window subject_days as (
        partition by subject_key
        order by changed_on
        rows between unbounded preceding and current row
    )

),

-- What was true before is what is true now less the day's change: no second look at the row before.
subject_states as (

    select
        subject_key,
        valid_from,
        word_0,
        word_1,
        case when not is_first then word_0 - word_0_change end as previous_word_0,
        case when not is_first then word_1 - word_1_change end as previous_word_1,
        {{ health_name('health_step') }} as health,
        case when not is_first then {{ health_name('health_step - health_change') }} end
            as previous_health,
        cast(cycle as integer) as cycle
    from running_states
    where
        is_first
        or word_0_change <> 0
        or word_1_change <> 0
        or health_change <> 0

)

select * from subject_states

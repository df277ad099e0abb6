-- What is true of a subject from when on: the set of true conditions (two words of bits), health
-- and the number of reactivations. One row per date on which conditions or health change; the dates
-- after the as-of date are what will happen if nothing new does. Over 120 lines, since each kind of
-- change is a select of its own.

{# More than the highest step of a health. #}
{% set steps_per_cycle = 8 %}

with

conditions as (

    select * from {{ ref('int_conditions') }}

),

condition_changes as (

    select * from {{ ref('int_threshold_changes') }}

    union all

    select * from {{ ref('int_total_changes') }}

    union all

    select * from {{ ref('int_first_last_changes') }}

),

subject_types as (

    select subject_type
    from {{ ref('int_subjects') }}
    group by subject_type

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
            and case subject_types.subject_type
                when 'account' then conditions.for_accounts
                else conditions.for_persons
            end
    group by subject_types.subject_type

),

-- A change of a condition flips its bit. Health is counted as its step on the ladder and a
-- reactivation as more than any of these, so that one running total serves both.
changes as (

    select
        condition_changes.subject_key,
        condition_changes.changed_on,
        conditions.bit_0 as word_0,
        conditions.bit_1 as word_1,
        0 as steps,
        false as is_first
    from condition_changes
    inner join conditions on condition_changes.condition_no = conditions.condition_no
    where
        case
            when condition_changes.subject_key < 0 then conditions.for_accounts
            else conditions.for_persons
        end

    union all

    select
        subject_key,
        changed_on,
        0 as word_0,
        0 as word_1,
        {{ health_step('health') }} - {{ health_step('previous_health') }} as steps,
        false as is_first
    from {{ ref('int_health_changes') }}

    union all

    select
        subject_key,
        reactivated_on as changed_on,
        0 as word_0,
        0 as word_1,
        {{ steps_per_cycle }} as steps,
        false as is_first
    from {{ ref('int_reactivations') }}

    union all

    select
        subject_key,
        voided_on as changed_on,
        0 as word_0,
        0 as word_1,
        -{{ steps_per_cycle }} as steps,
        false as is_first
    from {{ ref('int_reactivations') }}
    where voided_on is not null

    union all

    select
        subjects.subject_key,
        subjects.first_seen_on as changed_on,
        cast(initial_words.word_0 as bigint) as word_0,
        cast(initial_words.word_1 as bigint) as word_1,
        0 as steps,
        true as is_first
    from {{ ref('int_subjects') }} as subjects
    inner join initial_words on subjects.subject_type = initial_words.subject_type

),

daily_changes as (

    select
        subject_key,
        changed_on,
        bit_xor(word_0) as word_0,
        bit_xor(word_1) as word_1,
        cast(sum(steps) as integer) as steps,
        bool_or(is_first) as is_first
    from changes
    group by
        subject_key,
        changed_on

),

running_states as (

    select
        subject_key,
        changed_on as valid_from,
        is_first,
        word_0 as word_0_change,
        word_1 as word_1_change,
        steps as steps_change,
        bit_xor(word_0) over subject_days as word_0,
        bit_xor(word_1) over subject_days as word_1,
        cast(sum(steps) over subject_days as integer) as steps
    from daily_changes
    window subject_days as (
        partition by subject_key
        order by changed_on
        rows between unbounded preceding and current row
    )

),

-- What was true before is what is true now less the day's change, the bits of one of the two words
-- that are not those of both: no second look at the row before.
subject_states as (

    select
        subject_key,
        valid_from,
        word_0,
        word_1,
        case when not is_first then (word_0 | word_0_change) - (word_0 & word_0_change) end
            as previous_word_0,
        case when not is_first then (word_1 | word_1_change) - (word_1 & word_1_change) end
            as previous_word_1,
        cast(steps % {{ steps_per_cycle }} as tinyint) as health_step,
        case
            when not is_first
                then cast((steps - steps_change) % {{ steps_per_cycle }} as tinyint)
        end as previous_health_step,
        cast(1 + (steps - steps % {{ steps_per_cycle }}) / {{ steps_per_cycle }} as integer)
            as cycle
    from running_states
    where
        is_first
        or word_0_change <> 0
        or word_1_change <> 0
        or steps_change % {{ steps_per_cycle }} <> 0

)

select * from subject_states

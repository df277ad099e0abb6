-- Where conditions on the latest value and on the days since the first or last fact become true or
-- false. Within a segment the anchor is fixed, so each condition holds on one stretch of it.

with

conditions as (

    select *
    from {{ ref('int_conditions') }}
    where measure in ('latest', 'days_since_first', 'days_since_last')

),

true_stretches as (

    select
        segments.subject_key,
        conditions.condition_no,
        case
            when conditions.measure = 'latest' then segments.segment_from
            else greatest(
                segments.segment_from,
                {{ add_days('segments.anchored_on', 'ceil(conditions.at_least)') }}
            )
        end as true_from,
        case
            when conditions.measure = 'latest' then segments.segment_to
            else least(
                segments.segment_to,
                {{ add_days('segments.anchored_on', 'ceil(conditions.below)') }}
            )
        end as true_until
    from {{ ref('int_first_last_segments') }} as segments
    inner join conditions on segments.metric_no = conditions.metric_no
    where
        conditions.measure <> 'latest'
        or {{ in_bounds('segments.value', 'conditions') }}

),

switches as (

    select
        subject_key,
        condition_no,
        true_from as changed_on,
        1 as change
    from true_stretches
    where
        true_until is null
        or true_until > true_from

    union all

    select
        subject_key,
        condition_no,
        true_until as changed_on,
        -1 as change
    from true_stretches
    where true_until > true_from

),

-- Where one stretch ends and the next begins on the same day nothing changes.
first_last_changes as (

    select
        subject_key,
        condition_no,
        changed_on,
        cast(sum(change) as tinyint) as change
    from switches
    group by
        subject_key,
        condition_no,
        changed_on
    having sum(change) <> 0

)

select * from first_last_changes

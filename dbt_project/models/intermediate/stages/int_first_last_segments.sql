-- Which fact is the latest, the last or the first one in its window, from when to when. Facts
-- compete while they stand and lie in the window; the one of highest rank wins. `anchored_on` is
-- the winner's date, `value` its value; stretches without any fact have no row. Over 120 lines: the
-- facts that compete are more rows than the segments, a model would write them.

with

metrics as (

    select
        metric_no,
        signal_no,
        measure,
        window_days
    from {{ ref('int_conditions') }}
    where measure in ('latest', 'days_since_first', 'days_since_last')
    group by
        metric_no,
        signal_no,
        measure,
        window_days

),

-- A day stands while any of its facts does.
standing_days as (

    select
        subject_key,
        signal_no,
        signal_date,
        case when count(*) = count(voided_on) then max(voided_on) end as voided_on
    from {{ ref('int_signal_days') }}
    where
        signal_no in (select metrics.signal_no from metrics where metrics.measure <> 'latest')
        and (
            voided_on is null
            or voided_on > signal_date
        )
    group by
        subject_key,
        signal_no,
        signal_date

),

counted_days as (

    select
        standing_days.subject_key,
        metrics.metric_no,
        metrics.measure,
        standing_days.signal_date as stands_from,
        least(
            standing_days.voided_on,
            {{ add_days('standing_days.signal_date', 'metrics.window_days') }}
        ) as stands_until,
        standing_days.voided_on is not null as is_voided
    from standing_days
    inner join metrics on standing_days.signal_no = metrics.signal_no
    where metrics.measure <> 'latest'

),

-- The first day standing is the first as soon as all days before it are gone, whenever those went.
first_segments as (

    select
        subject_key,
        metric_no,
        greatest(
            stands_from,
            max(coalesce(stands_until, {{ open_end() }})) over (
                partition by subject_key, metric_no
                order by stands_from
                rows between unbounded preceding and 1 preceding
            )
        ) as segment_from,
        stands_until as segment_to,
        stands_from as anchored_on,
        cast(null as decimal(18, 4)) as value
    from counted_days
    where measure = 'days_since_first'

),

candidates as (

    select
        subject_key,
        metric_no,
        stands_from,
        stands_until,
        is_voided,
        {{ days_between("cast('1970-01-01' as date)", 'stands_from') }} as place,
        cast(null as decimal(18, 4)) as value
    from counted_days
    where measure = 'days_since_last'

    union all

    select
        latest_values.subject_key,
        metrics.metric_no,
        latest_values.signal_date as stands_from,
        least(
            latest_values.voided_on,
            {{ add_days('latest_values.signal_date', 'metrics.window_days') }}
        ) as stands_until,
        latest_values.voided_on is not null as is_voided,
        latest_values.place,
        latest_values.value
    from {{ ref('int_latest_values') }} as latest_values
    inner join metrics
        on
            latest_values.signal_no = metrics.signal_no
            and metrics.measure = 'latest'

),

unsettled_metrics as (

    select
        subject_key,
        metric_no
    from candidates
    where is_voided
    group by
        subject_key,
        metric_no

),

-- Nothing is voided: all facts of a metric stand equally long, so neighbours decide.
settled_candidates as (

    select
        *,
        lead(stands_from) over (
            partition by subject_key, metric_no order by stands_from, place
        ) as next_from
    from candidates
    where
        not exists (
            select 1
            from unsettled_metrics
            where
                unsettled_metrics.subject_key = candidates.subject_key
                and unsettled_metrics.metric_no = candidates.metric_no
        )

),

settled_segments as (

    select
        subject_key,
        metric_no,
        stands_from as segment_from,
        least(next_from, stands_until) as segment_to,
        stands_from as anchored_on,
        value
    from settled_candidates

),

-- Something is voided: the winner is looked up anew wherever a fact enters or leaves.
turning_points as (

    select
        candidates.subject_key,
        candidates.metric_no,
        candidates.stands_from as segment_from
    from candidates
    inner join unsettled_metrics
        on
            candidates.subject_key = unsettled_metrics.subject_key
            and candidates.metric_no = unsettled_metrics.metric_no

    union

    select
        candidates.subject_key,
        candidates.metric_no,
        candidates.stands_until as segment_from
    from candidates
    inner join unsettled_metrics
        on
            candidates.subject_key = unsettled_metrics.subject_key
            and candidates.metric_no = unsettled_metrics.metric_no
    where candidates.stands_until is not null

),

stretches as (

    select
        *,
        lead(segment_from) over (
            partition by subject_key, metric_no order by segment_from
        ) as segment_to
    from turning_points

),

unsettled_segments as (

    select
        stretches.subject_key,
        stretches.metric_no,
        stretches.segment_from,
        stretches.segment_to,
        max_by(candidates.stands_from, candidates.place) as anchored_on,
        max_by(candidates.value, candidates.place) as value
    from stretches
    inner join candidates
        on
            stretches.subject_key = candidates.subject_key
            and stretches.metric_no = candidates.metric_no
            and stretches.segment_from >= candidates.stands_from
            and (
                candidates.stands_until is null
                or stretches.segment_from < candidates.stands_until
            )
    group by
        stretches.subject_key,
        stretches.metric_no,
        stretches.segment_from,
        stretches.segment_to

),

segments as (

    select * from first_segments where segment_from < {{ open_end() }}

    union all

    select * from settled_segments

    union all

    select * from unsettled_segments

)

select * from segments
where
    segment_to is null
    or segment_to > segment_from

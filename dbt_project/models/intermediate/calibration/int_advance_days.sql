-- How long those who went on to a higher stage had been in the one before, where enough have.

with

entries as (

    select
        framework,
        subject_key,
        stage,
        stage_since,
        next_turn,
        next_turn_on,
        row_number() over (
            partition by framework, subject_key, stage_since
            order by valid_from desc
        ) as place
    from {{ ref('int_stage_turns') }}

),

-- The last interval of a stay says how it ended: its next turn is on the day on which it ends.
advanced_stays as (

    select
        entries.framework,
        entries.stage,
        {{ days_between('entries.stage_since', 'entries.next_turn_on') }} as days
    from entries
    where
        entries.place = 1
        and entries.next_turn = 'advanced'

),

ranked_stays as (

    select
        *,
        row_number() over (partition by framework, stage order by days) as place,
        count(*) over (partition by framework, stage) as stays
    from advanced_stays

),

advance_days as (

    select
        ranked_stays.framework,
        ranked_stays.stage,
        min(ranked_stays.days) as usual_days
    from ranked_stays
    cross join {{ ref('int_kpi_windows') }} as windows
    where
        ranked_stays.stays >= windows.fewest_advanced_stays
        and 100 * ranked_stays.place >= windows.stalled_percent * ranked_stays.stays
    group by
        ranked_stays.framework,
        ranked_stays.stage

)

select * from advance_days

-- What became of the subjects of a stage, by health and by how long they had been in it: their
-- first turn in the days after the last month ends of which these days are over. Every interval is
-- written once for each month end in it.

with

last_months as (

    select
        windows.odds_days,
        {{ period_start(add_days('settings.as_of_date', '1 - windows.odds_days'), 'month') }}
            as last_month,
        {{ add_months(
            period_start(add_days('settings.as_of_date', '1 - windows.odds_days'), 'month'),
            '-windows.odds_month_ends'
        ) }} as month_before
    from {{ ref('int_settings') }} as settings
    cross join {{ ref('int_kpi_windows') }} as windows

),

-- A month's end is the eve of the next month's first day, which is what is counted here.
spans as (

    select
        turns.*,
        last_months.odds_days,
        greatest({{ period_start('turns.valid_from', 'month') }}, last_months.month_before)
            as before_first,
        {{ period_start('least(turns.valid_to, last_months.last_month)', 'month') }} as last_month
    from {{ ref('int_stage_turns') }} as turns
    cross join last_months

),

numbered_months as (

    select
        *,
        {{ repeat_row('greatest(' ~ months_between('before_first', 'last_month') ~ ', 0)') }} + 1
            as month_no
    from spans

),

standings as (

    select
        framework,
        stage,
        health,
        stage_since,
        {{ add_days(add_months('before_first', 'month_no'), -1) }} as month_end,
        case
            when
                next_turn_on
                < {{ add_days(add_months('before_first', 'month_no'), 'odds_days') }}
                then next_turn
        end as turn
    from numbered_months

),

aged_standings as (

    select
        standings.framework,
        standings.stage,
        standings.health,
        {{ days_in_stage_group(
            days_between('standings.stage_since', 'standings.month_end'), 'windows'
        ) }} as days_in_stage,
        standings.turn
    from standings
    cross join {{ ref('int_kpi_windows') }} as windows

),

odds as (

    select
        framework,
        stage,
        health,
        days_in_stage,
        count(*) as subjects,
        sum(case when turn = 'advanced' then 1 else 0 end) as advanced,
        sum(case when turn = 'fell_back' then 1 else 0 end) as fell_back,
        sum(case when turn = 'lapsed' then 1 else 0 end) as lapsed
    from aged_standings
    group by
        framework,
        stage,
        health,
        days_in_stage

)

select * from odds

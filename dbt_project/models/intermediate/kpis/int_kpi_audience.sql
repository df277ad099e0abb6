-- People: on the day of the first session and of the first lead, and anew in each period those who
-- came, a person counting once however often it came, summed by slice before they are told of for
-- KPIs. A sum of nothing is null. Stickiness is told of months and more. Over 120 lines, since
-- first days and the persons of a period are counted from four sources.
{%- set dimensions = ['country', 'account'] %}

with

kpis as (

    select * from {{ ref('kpis') }}
    where model = 'int_kpi_audience'

),

first_days as (

    select
        person_key,
        signal,
        min(signal_date) as first_on
    from {{ ref('int_person_signals_by_name') }}
    where signal in ('visit', 'lead')
    group by
        person_key,
        signal

),

first_rows as (

    select
        kpis.kpi,
        first_days.first_on as fact_date,
        first_days.person_key,
        case kpis.kpi
            when 'new_visitors' then case when first_days.signal = 'visit' then 1 end
            when 'lead_count' then case when first_days.signal = 'lead' then 1 end
        end as numerator
    from first_days
    cross join kpis

),

visit_days as (

    select
        person_key,
        session_date
    from {{ ref('int_sessions') }}
    group by
        person_key,
        session_date

),

-- Any visit event counts, also one that means no signal. A session has events of its person on its
-- date: no day has a session and no event.
person_days as (

    select
        active_days.person_key,
        active_days.event_date as date,
        visit_days.person_key is not null as is_visit
    from (
        select
            person_key,
            event_date
        from {{ ref('int_events') }}
        where is_visit
        group by
            person_key,
            event_date
    ) as active_days
    left join visit_days
        on
            active_days.person_key = visit_days.person_key
            and active_days.event_date = visit_days.session_date

),

person_periods as (

    {% for grain in period_grains() -%}
    select
        '{{ grain }}' as period_grain,
        {{ period_start('date', grain) }} as period_start,
        person_key,
        count(*) as active_days,
        bool_or(is_visit) as is_visitor
    from person_days
    group by
        {{ period_start('date', grain) }},
        person_key
    {%- if not loop.last %}

    union all

    {% endif -%}
    {%- endfor %}

),

sliced_people as (

    select
        people.*,
        attributes.country,
        attributes.account
    from person_periods as people
    inner join {{ ref('int_person_attributes') }} as attributes
        on people.person_key = attributes.person_key

),

period_totals as (

    select
        period_grain,
        period_start,
        {{ slice_of_a_sum(dimensions) }},
        count(*) as active_users,
        sum(case when is_visitor then 1 end) as visitors,
        sum(active_days) as active_days
    from sliced_people
    group by {{ every_slice('period_grain, period_start', dimensions) }}

),

period_rows as (

    select
        kpis.kpi,
        totals.period_grain,
        totals.period_start,
        totals.dimension,
        totals.dimension_value,
        case kpis.kpi
            when 'visitors' then totals.visitors
            when 'active_users' then totals.active_users
            when 'stickiness' then totals.active_days
        end as numerator,
        case kpis.kpi when 'stickiness' then totals.active_users end as denominator,
        case kpis.kpi
            when 'visitors' then totals.visitors
            when 'active_users' then totals.active_users
        end as sample_size
    from period_totals as totals
    cross join kpis

),

kpi_rows as (

    {{ union_by_name(['first_rows', 'period_rows']) }}

)

select * from kpi_rows

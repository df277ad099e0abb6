-- Recurring revenue of each person at the start and the end of a month, and what moved in between.

with

months as (

    select
        periods.period_start as month,
        {{ add_days('periods.period_start', -1) }} as eve,
        least({{ add_days('periods.period_end', -1) }}, settings.as_of_date) as last_on
    from {{ ref('int_periods') }} as periods
    cross join {{ ref('int_settings') }} as settings
    where periods.period_grain = 'month'

),

running_spans as (

    select
        person_key,
        valid_from,
        valid_to,
        mrr,
        is_missing_rate
    from {{ ref('int_person_mrr') }}
    where is_running

),

balances as (

    select
        running_spans.person_key,
        months.month,
        running_spans.mrr as opening_mrr,
        0 as closing_mrr,
        running_spans.is_missing_rate as is_opening_unknown,
        false as is_closing_unknown
    from months
    inner join running_spans
        on
            months.eve >= running_spans.valid_from
            and months.eve < running_spans.valid_to

    union all

    select
        running_spans.person_key,
        months.month,
        0 as opening_mrr,
        running_spans.mrr as closing_mrr,
        false as is_opening_unknown,
        running_spans.is_missing_rate as is_closing_unknown
    from months
    inner join running_spans
        on
            months.last_on >= running_spans.valid_from
            and months.last_on < running_spans.valid_to

),

person_months as (

    select
        person_key,
        month,
        cast(sum(opening_mrr) as decimal(38, 4)) as opening_mrr,
        cast(sum(closing_mrr) as decimal(38, 4)) as closing_mrr,
        bool_or(is_opening_unknown) as is_opening_unknown,
        bool_or(is_closing_unknown) as is_closing_unknown
    from balances
    group by
        person_key,
        month

),

-- A month that opens without a known rate may well close with one: then only the way is unknown.
mrr_movements as (

    select
        persons.person_id as subject_id,
        person_months.month,
        case when not person_months.is_opening_unknown then person_months.opening_mrr end
            as opening_mrr,
        {% for movement in ['new', 'expansion', 'contraction', 'churned', 'reactivation'] -%}
        case
            when
                not person_months.is_opening_unknown
                and not person_months.is_closing_unknown
                and not coalesce(movements.is_missing_rate, false)
                then coalesce(movements.{{ movement }}_mrr, 0)
        end as {{ movement }}_mrr,
        {% endfor -%}
        case when not person_months.is_closing_unknown then person_months.closing_mrr end
            as closing_mrr
    from person_months
    inner join {{ ref('int_persons') }} as persons
        on person_months.person_key = persons.person_key
    left join {{ ref('int_mrr_movements') }} as movements
        on
            movements.period_grain = 'month'
            and person_months.month = movements.period_start
            and person_months.person_key = movements.person_key

)

select * from mrr_movements

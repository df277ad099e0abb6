-- The periods in which recurring revenue without a rate came, went or changed, so that nobody knows
-- by how much a person's moved. What is the same at both ends has moved nothing. Over 120 lines,
-- since turns, their periods and both ends of these are told one after the other.

with

settings as (

    select as_of_date from {{ ref('int_settings') }}

),

unrated_amounts as (

    select
        amounts.person_key,
        amounts.subscription_id,
        amounts.stated_amount,
        amounts.valid_from,
        amounts.valid_to
    from {{ ref('int_subscription_amounts') }} as amounts
    cross join settings
    where
        amounts.is_missing_rate
        and amounts.valid_from <= settings.as_of_date

),

turning_days as (

    select
        person_key,
        subscription_id,
        stated_amount,
        valid_from as turned_on
    from unrated_amounts

    union

    select
        unrated_amounts.person_key,
        unrated_amounts.subscription_id,
        unrated_amounts.stated_amount,
        unrated_amounts.valid_to as turned_on
    from unrated_amounts
    cross join settings
    where unrated_amounts.valid_to <= settings.as_of_date

),

turning_periods as (

    {% for grain in period_grains() -%}
    select
        person_key,
        subscription_id,
        stated_amount,
        '{{ grain }}' as period_grain,
        {{ period_start('turned_on', grain) }} as period_start
    from turning_days
    group by
        person_key,
        subscription_id,
        stated_amount,
        {{ period_start('turned_on', grain) }}
    {%- if not loop.last %}

    union all

    {% endif -%}
    {%- endfor %}

),

compared_periods as (

    select
        turns.person_key,
        turns.subscription_id,
        turns.stated_amount,
        turns.period_grain,
        turns.period_start,
        bool_or(
            amounts.valid_from < turns.period_start
            and amounts.valid_to >= turns.period_start
        ) as was_there,
        bool_or(
            amounts.valid_from < periods.period_end
            and amounts.valid_to
            > least({{ add_days('periods.period_end', -1) }}, settings.as_of_date)
        ) as is_there
    from turning_periods as turns
    cross join settings
    inner join {{ ref('int_periods') }} as periods
        on
            turns.period_grain = periods.period_grain
            and turns.period_start = periods.period_start
    inner join unrated_amounts as amounts
        on
            turns.person_key = amounts.person_key
            and turns.subscription_id = amounts.subscription_id
            and turns.stated_amount = amounts.stated_amount
    group by
        turns.person_key,
        turns.subscription_id,
        turns.stated_amount,
        turns.period_grain,
        turns.period_start

),

changes as (

    select
        person_key,
        period_grain,
        period_start
    from compared_periods
    where was_there <> is_there
    group by
        person_key,
        period_grain,
        period_start

)

select * from changes

-- What goes with moving up: of the persons in a stage at the start of a month those whom something
-- touched in its first days, beside those of that stage and month whom it did not.

with

stage_months as (

    select
        framework,
        stage,
        month,
        count(*) as persons,
        sum(case when has_advanced then 1 else 0 end) as advanced
    from {{ ref('int_month_stages') }}
    group by
        framework,
        stage,
        month

),

touched_months as (

    select
        stages.framework,
        stages.stage,
        touches.kind,
        touches.value,
        stages.month,
        count(*) as persons,
        sum(case when stages.has_advanced then 1 else 0 end) as advanced,
        sum(coalesce(contacts.tickets, 0)) as tickets,
        sum(coalesce(contacts.csat_answers, 0)) as csat_answers,
        sum(coalesce(contacts.csat, 0)) as csat
    from {{ ref('int_month_stages') }} as stages
    inner join {{ ref('int_month_touches') }} as touches
        on
            stages.person_key = touches.person_key
            and stages.month = touches.month
    left join {{ ref('int_month_contacts') }} as contacts
        on
            stages.person_key = contacts.person_key
            and stages.month = contacts.month
    group by
        stages.framework,
        stages.stage,
        touches.kind,
        touches.value,
        stages.month

),

totals as (

    select
        touched.framework,
        touched.stage,
        touched.kind,
        touched.value,
        count(*) as months,
        sum(touched.persons) as persons,
        sum(touched.advanced) as advanced,
        sum(stage_months.persons) as all_persons,
        sum(stage_months.advanced) as all_advanced,
        sum(touched.tickets) as tickets,
        sum(touched.csat_answers) as csat_answers,
        sum(touched.csat) as csat
    from touched_months as touched
    inner join stage_months
        on
            touched.framework = stage_months.framework
            and touched.stage = stage_months.stage
            and touched.month = stage_months.month
    group by
        touched.framework,
        touched.stage,
        touched.kind,
        touched.value

),

journey_map as (

    select
        framework,
        stage,
        kind as touch_kind,
        value as touch_value,
        months,
        cast(persons as bigint) as persons,
        {{ exact_ratio('persons', 'all_persons', 0) }} as share_of_stage,
        {{ exact_ratio('advanced', 'persons', 0) }} as advanced_share,
        cast(all_persons - persons as bigint) as persons_without,
        {{ exact_ratio('all_advanced - advanced', 'all_persons - persons', 0) }}
            as advanced_share_without,
        cast(tickets as bigint) as tickets,
        cast(csat_answers as bigint) as csat_answers,
        {{ exact_ratio('cast(csat as decimal(38, 4))', 'cast(csat_answers as decimal(38, 4))') }}
            as average_csat
    from totals

)

select * from journey_map

-- The plays with whom they are for. A play of a framework that is not built, or that is no longer
-- there, is for nobody.

with

default_framework as (

    select framework
    from {{ ref('frameworks') }}
    where is_default

),

named_plays as (

    select
        plays.*,
        coalesce(plays.framework, default_framework.framework) as play_framework
    from {{ ref('plays') }} as plays
    cross join default_framework

),

plays as (

    select
        named_plays.play,
        named_plays.title,
        named_plays.title_it,
        named_plays.play_framework as framework,
        built_frameworks.framework_no,
        built_frameworks.subject_type,
        named_plays.trigger,
        named_plays.trigger_value,
        coalesce(stages.label, healths.label, {{ capitalized('signals.one') }}) as trigger_label,
        coalesce(stages.label_it, healths.label_it, {{ capitalized('signals.one_it') }})
            as trigger_label_it,
        case
            when named_plays.trigger in ('expected_order_missed', 'renewal_due')
                then cast(named_plays.trigger_value as integer)
        end as trigger_days,
        named_plays.delay_days,
        named_plays.open_days,
        named_plays.cool_down_days,
        named_plays.priority,
        named_plays.channel,
        named_plays.is_service,
        named_plays.needs_consent,
        named_plays.holdout_share,
        named_plays.goal_signal,
        named_plays.goal_days,
        named_plays.starts_on,
        named_plays.advice,
        named_plays.advice_it
    from named_plays
    left join {{ ref('int_built_frameworks') }} as built_frameworks
        on named_plays.play_framework = built_frameworks.framework
    left join {{ ref('framework_stages') }} as stages
        on
            named_plays.play_framework = stages.framework
            and case
                when named_plays.trigger in ('stage_entered', 'stage_left')
                    then named_plays.trigger_value
            end = stages.stage
    left join {{ ref('health_labels') }} as healths
        on
            case when named_plays.trigger = 'health_entered' then named_plays.trigger_value end
            = healths.health
    left join {{ ref('signal_labels') }} as signals
        on
            case when named_plays.trigger = 'signal' then named_plays.trigger_value end
            = signals.signal

)

select * from plays

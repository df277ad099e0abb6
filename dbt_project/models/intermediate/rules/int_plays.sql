-- The plays with whom they are for. A play of a framework that is not built, or that is no longer
-- there, is for nobody. Over 120 lines, since a trigger is said in words once per language.

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
        cast(row_number() over (order by named_plays.play) as smallint) as play_no,
        named_plays.title,
        named_plays.title_it,
        named_plays.play_framework as framework,
        built_frameworks.framework_no,
        built_frameworks.subject_type,
        named_plays.trigger,
        named_plays.trigger_value,
        trigger_signals.signal_no as trigger_signal_no,
        case named_plays.trigger
            when 'stage_entered' then 'Entered the stage ' || stages.label || ' on '
            when 'stage_left' then 'Fell back from the stage ' || stages.label || ' on '
            when 'health_entered' then healths.label || ' since '
            when 'signal'
                then upper(substr(signals.one, 1, 1)) || substr(signals.one, 2) || ' on '
            when 'cart_abandoned' then 'Left a cart unordered on '
            when 'checkout_unfinished' then 'Began a checkout without an order on '
            when 'first_purchase' then 'First purchase on '
            when 'order_delivered' then 'Order delivered on '
            when 'ticket_resolved' then 'Ticket resolved on '
            when 'survey_detractor' then 'Answered as a detractor on '
            when 'expected_order_missed'
                then 'Overdue for an order by ' || named_plays.trigger_value || ' days since '
            when 'renewal_due'
                then 'Renewal within ' || named_plays.trigger_value || ' days, told on '
        end as trigger_words,
        case named_plays.trigger
            when 'stage_entered' then 'Entrato nella fase ' || stages.label_it || ' il '
            when 'stage_left' then 'Uscito dalla fase ' || stages.label_it || ' il '
            when 'health_entered' then healths.label_it || ' dal '
            when 'signal'
                then upper(substr(signals.one_it, 1, 1)) || substr(signals.one_it, 2) || ' il '
            when 'cart_abandoned' then 'Carrello lasciato senza ordine il '
            when 'checkout_unfinished' then 'Cassa iniziata senza ordine il '
            when 'first_purchase' then 'Primo acquisto il '
            when 'order_delivered' then 'Ordine consegnato il '
            when 'ticket_resolved' then 'Ticket risolto il '
            when 'survey_detractor' then 'Ha risposto da detrattore il '
            when 'expected_order_missed'
                then 'In ritardo di ' || named_plays.trigger_value || ' giorni con un ordine dal '
            when 'renewal_due'
                then 'Rinnovo entro ' || named_plays.trigger_value || ' giorni, visto il '
        end as trigger_words_it,
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
        goal_signals.signal_no as goal_signal_no,
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
    left join {{ ref('int_signal_names') }} as trigger_signals
        on
            case named_plays.trigger
                when 'signal' then named_plays.trigger_value
                when 'first_purchase' then 'purchase'
                when 'order_delivered' then 'delivery'
                when 'survey_detractor' then 'nps'
                when 'checkout_unfinished' then 'checkout'
            end = trigger_signals.signal
    left join {{ ref('int_signal_names') }} as goal_signals
        on named_plays.goal_signal = goal_signals.signal

)

select * from plays

-- What is done for whom, as the rules say it, with the vars that arms and caps follow.

with

play_catalog as (

    select
        play,
        title,
        title_it,
        framework,
        subject_type,
        trigger,
        trigger_value,
        delay_days,
        open_days,
        cool_down_days,
        priority,
        channel,
        is_service,
        needs_consent,
        holdout_share,
        goal_signal,
        goal_days,
        starts_on,
        advice,
        advice_it,
        '{{ var("play_salt") }}' as play_salt,
        cast({{ var('global_control_share') }} as double) as global_control_share,
        cast({{ var('contact_cap') }} as integer) as contact_cap
    from {{ ref('int_plays') }}

)

select * from play_catalog

-- What others of its subject speak against an occasion: the play still rests, or there was enough
-- marketing in the week. Whether one is suppressed depends on those before it, so these are walked
-- one after the other; every arm alike, so that the arms stay comparable. `contacts` are those not
-- suppressed on which the rest of the walk may depend.

with recursive

walked_steps as (

    select
        subject_key,
        place,
        play_no,
        triggered_on,
        cast(null as string) as suppressed_by,
        {{ first_contact('play_no', 'due_from', 'is_marketing') }} as contacts
    from {{ ref('int_play_steps') }}
    where place = 1

    union all

    select
        judged_steps.subject_key,
        judged_steps.place,
        judged_steps.play_no,
        judged_steps.triggered_on,
        judged_steps.suppressed_by,
        case
            when judged_steps.suppressed_by is not null then judged_steps.contacts
            else {{ later_contacts(
                'judged_steps.contacts',
                add_days('judged_steps.due_from', '-judged_steps.reach_days'),
                first_contact(
                    'judged_steps.play_no',
                    'judged_steps.due_from',
                    'judged_steps.is_marketing',
                ),
            ) }}
        end as contacts
    from (
        select
            steps.*,
            walked_steps.contacts,
            case
                when
                    {{ contacts_of_play(
                        'walked_steps.contacts',
                        'steps.play_no',
                        add_days('steps.due_from', '-steps.cool_down_days'),
                    ) }} > 0
                    then 'cool_down'
                when
                    steps.is_marketing
                    and {{ marketing_contacts(
                        'walked_steps.contacts', add_days('steps.due_from', '-6')
                    ) }} >= {{ var('contact_cap') }}
                    then 'cap'
            end as suppressed_by
        from walked_steps
        inner join {{ ref('int_play_steps') }} as steps
            on
                walked_steps.subject_key = steps.subject_key
                and walked_steps.place + 1 = steps.place
    ) as judged_steps

),

play_walks as (

    select
        plays.play,
        walked_steps.subject_key,
        walked_steps.triggered_on,
        walked_steps.suppressed_by
    from walked_steps
    inner join {{ ref('int_plays') }} as plays on walked_steps.play_no = plays.play_no
    where walked_steps.suppressed_by is not null

)

select * from play_walks

-- What others of its subject speak against an occasion: the play still rests, or there was enough
-- marketing in the week. Whether one is suppressed depends on those before it, so these are walked
-- one after the other; every arm alike, so that the arms stay comparable. `contacts` are those not
-- suppressed on which the rest of the walk may depend. Each step reads all that is walked, which is
-- why plays are numbers there. Over 120 lines, since a step is judged before it is remembered.

with recursive

plays as (

    select
        play,
        play_no,
        greatest(max(cool_down_days) over (), 7) as reach_days
    from {{ ref('int_plays') }}

),

numbered_occasions as (

    select
        occasions.play,
        occasions.triggered_on,
        occasions.subject_key,
        plays.play_no,
        occasions.due_from,
        occasions.cool_down_days,
        plays.reach_days,
        not occasions.is_service as is_marketing,
        cast(
            row_number() over (
                partition by occasions.subject_key
                order by occasions.due_from, occasions.priority, occasions.play
            ) as integer
        ) as place
    from {{ ref('int_play_occasions') }} as occasions
    inner join plays on occasions.play = plays.play
    where occasions.suppressed_by is null

),

steps as (

    select
        subject_key,
        place,
        play_no,
        due_from,
        cool_down_days,
        reach_days,
        is_marketing
    from numbered_occasions

),

walked_steps as (

    select
        subject_key,
        place,
        cast(null as string) as suppressed_by,
        {{ first_contact('play_no', 'due_from', 'is_marketing') }} as contacts
    from steps
    where place = 1

    union all

    select
        judged_steps.subject_key,
        judged_steps.place,
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
        inner join steps
            on
                walked_steps.subject_key = steps.subject_key
                and walked_steps.place + 1 = steps.place
    ) as judged_steps

),

play_walks as (

    select
        occasions.play,
        occasions.subject_key,
        occasions.triggered_on,
        walked_steps.suppressed_by
    from walked_steps
    inner join numbered_occasions as occasions
        on
            walked_steps.subject_key = occasions.subject_key
            and walked_steps.place = occasions.place
    where walked_steps.suppressed_by is not null

)

select * from play_walks

-- What others of its subject speak against an occasion: the play still rests, or there was enough
-- marketing in the week. Whether one is suppressed depends on those before it, so these are walked
-- one after the other; every arm alike, so that the arms stay comparable. `contacts` are those not
-- suppressed on which the rest of the walk may depend.

with recursive

reach as (

    select greatest(max(cool_down_days), 7) as days from {{ ref('int_plays') }}

),

numbered_occasions as (

    select
        play,
        subject_key,
        triggered_on,
        due_from,
        cool_down_days,
        not is_service as is_marketing,
        row_number() over (
            partition by subject_key
            order by due_from, priority, play
        ) as place
    from {{ ref('int_play_occasions') }}
    where suppressed_by is null

),

walked_occasions as (

    select
        play,
        subject_key,
        triggered_on,
        place,
        cast(null as string) as suppressed_by,
        {{ first_contact('play', 'due_from', 'is_marketing') }} as contacts
    from numbered_occasions
    where place = 1

    union all

    select
        judged_occasions.play,
        judged_occasions.subject_key,
        judged_occasions.triggered_on,
        judged_occasions.place,
        judged_occasions.suppressed_by,
        case
            when judged_occasions.suppressed_by is not null then judged_occasions.contacts
            else {{ later_contacts(
                'judged_occasions.contacts',
                add_days('judged_occasions.due_from', '-judged_occasions.reach_days'),
                first_contact(
                    'judged_occasions.play',
                    'judged_occasions.due_from',
                    'judged_occasions.is_marketing',
                ),
            ) }}
        end as contacts
    from (
        select
            occasions.*,
            reach.days as reach_days,
            walked_occasions.contacts,
            case
                when
                    {{ contacts_of_play(
                        'walked_occasions.contacts',
                        'occasions.play',
                        add_days('occasions.due_from', '-occasions.cool_down_days'),
                    ) }} > 0
                    then 'cool_down'
                when
                    occasions.is_marketing
                    and {{ marketing_contacts(
                        'walked_occasions.contacts', add_days('occasions.due_from', '-6')
                    ) }} >= {{ var('contact_cap') }}
                    then 'cap'
            end as suppressed_by
        from walked_occasions
        cross join reach
        inner join numbered_occasions as occasions
            on
                walked_occasions.subject_key = occasions.subject_key
                and walked_occasions.place + 1 = occasions.place
    ) as judged_occasions

),

play_walks as (

    select
        play,
        subject_key,
        triggered_on,
        suppressed_by
    from walked_occasions
    where suppressed_by is not null

)

select * from play_walks

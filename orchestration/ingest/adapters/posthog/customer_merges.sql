with

aliases as (

    select
        record,
        distinct_id,
        text_at(own, '$.alias') as alias,
        timestamp
    from read_captures
    where event in ('$create_alias', '$merge_dangerously')

)

select
    record,
    person_id(alias) as from_customer_id,
    person_id(distinct_id) as into_customer_id,
    timestamp as merged_at
from aliases
where
    alias is not null
    and alias <> distinct_id
    and not regexp_full_match(alias, '[0-9a-f]{8}-[0-9a-f-]{27}')
    and not regexp_full_match(distinct_id, '[0-9a-f]{8}-[0-9a-f-]{27}')

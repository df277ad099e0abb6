select
    record,
    'event of the tracker itself' as reason
from read_captures
where
    is_technical
    and not coalesce(
        event in ('$create_alias', '$merge_dangerously')
        and text_at(own, '$.alias') <> distinct_id
        and not regexp_full_match(text_at(own, '$.alias'), '[0-9a-f]{8}-[0-9a-f-]{27}')
        and not regexp_full_match(distinct_id, '[0-9a-f]{8}-[0-9a-f-]{27}'),
        false
    )

{{ filtered_rows(
    table='customers',
    key=['customer_id'],
    conflict='superseded',
    ranked_by=[('updated_at', 'desc nulls last')],
    dated_by='created_at',
    reasons=[('no_identity', known_id('customer_id') ~ ' is null')],
) }}

{{ filtered_rows(
    table='erasure_requests',
    key=['customer_id'],
    conflict='superseded',
    ranked_by=[('requested_at', 'asc')],
    ties='least',
    dated_by='requested_at',
    reasons=[('no_identity', known_id('customer_id') ~ ' is null')],
) }}

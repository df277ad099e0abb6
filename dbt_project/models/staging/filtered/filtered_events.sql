{{ filtered_rows(
    table='events',
    key=['event_id'],
    conflict='id_conflict',
    ranked_by=[('received_at', 'asc nulls last')],
    ties='least',
    dated_by='occurred_at',
    received=true,
    reasons=[
        ('no_identity', known_id('anonymous_id') ~ ' is null and ' ~ known_id('user_id') ~ ' is null'),
    ] + muted_reasons('other_behaviour_source', 'occurred_at'),
) }}

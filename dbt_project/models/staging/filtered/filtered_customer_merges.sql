{{ filtered_rows(
    table='customer_merges',
    key=['from_customer_id'],
    conflict='superseded',
    ranked_by=[('merged_at', 'desc')],
    dated_by='merged_at',
    reasons=[(
        'no_identity',
        known_id('from_customer_id') ~ ' is null or ' ~ known_id('into_customer_id') ~ ' is null',
    )],
) }}

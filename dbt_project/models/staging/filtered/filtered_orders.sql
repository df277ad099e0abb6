{{ filtered_rows(
    table='orders',
    key=['order_id'],
    conflict='superseded',
    ranked_by=[('coalesce(updated_at, received_at)', 'desc nulls last')],
    dated_by='created_at',
    received=true,
    reasons=muted_reasons('other_order_source', 'created_at'),
) }}

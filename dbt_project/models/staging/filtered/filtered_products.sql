{{ filtered_rows(
    table='products',
    key=['product_id'],
    conflict='superseded',
    ranked_by=[],
) }}

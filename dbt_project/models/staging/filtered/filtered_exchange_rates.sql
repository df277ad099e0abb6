{{ filtered_rows(
    table='exchange_rates',
    key=['date', 'currency'],
    conflict='superseded',
    ranked_by=[],
    dated_by='date',
) }}

{{ filtered_rows(
    table='channel_daily',
    key=['date', 'channel', 'campaign'],
    conflict='superseded',
    ranked_by=[],
    dated_by='date',
) }}

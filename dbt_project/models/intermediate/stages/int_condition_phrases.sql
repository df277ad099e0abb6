-- Each condition of the evidence in words, in both languages: what is there for one that holds, what
-- is missing for one that does not. Over 120 lines: it is the dictionary of measures.

with

settings as (

    select * from {{ ref('int_settings') }}

),

evidence as (

    select
        evidence.*,
        coalesce(labels.one, replace(evidence.signal, '_', ' ')) as one,
        coalesce(labels.many, replace(evidence.signal, '_', ' ')) as many,
        coalesce(labels.one_it, replace(evidence.signal, '_', ' ')) as one_it,
        coalesce(labels.many_it, replace(evidence.signal, '_', ' ')) as many_it,
        coalesce(' in ' || evidence.window_days || ' days', '') as in_days,
        coalesce(' in ' || evidence.window_days || ' giorni', '') as in_days_it,
        evidence.signal in ('order', 'purchase', 'revenue', 'refund') as is_money,
        settings.reporting_currency as currency
    from {{ ref('int_stage_evidence') }} as evidence
    cross join settings
    left join {{ ref('signal_labels') }} as labels on evidence.signal = labels.signal

),

amounts as (

    select
        *,
        {{ plain_number('observed') }} as seen,
        {{ plain_number('missing') }} as lacking,
        case
            when at_least is not null and is_money and measure in ('sum', 'latest')
                then {{ plain_money('at_least', 'currency') }}
            else {{ plain_number('at_least') }}
        end as least,
        {{ plain_number('below') }} as limit_below,
        {{ plain_money('missing', 'currency') }} as lacking_money,
        {{ plain_money('observed', 'currency') }} as seen_money
    from evidence

),

-- The bounds, as needed for what is there.
bounded as (

    select
        *,
        case
            when at_least is not null and below is not null
                then ' (needs ' || least || ' to less than ' || limit_below || ')'
            when at_least is not null then ' (needs ' || least || ')'
            when below is not null then ' (needs less than ' || limit_below || ')'
            else ''
        end as needs,
        case
            when at_least is not null and below is not null
                then ' (richiesto: da ' || least || ' a meno di ' || limit_below || ')'
            when at_least is not null then ' (richiesto: ' || least || ')'
            when below is not null then ' (richiesto: meno di ' || limit_below || ')'
            else ''
        end as needs_it
    from amounts

),

phrases as (

    select
        framework,
        subject_key,
        stage,
        rule,
        is_winner,
        condition_no,
        holds,
        case measure
            when 'count'
                then seen || ' ' || case when observed = 1 then one else many end || in_days
            when 'days'
                then seen || ' ' || one || case when observed = 1 then ' day' else ' days' end || in_days
            when 'sum'
                then case when is_money then seen_money else seen end || ' of ' || many || in_days
            when 'latest'
                then 'latest ' || one || ' of ' || case when is_money then seen_money else seen end
                || in_days
            when 'days_since_first' then 'first ' || one || ' ' || seen || ' days ago' || in_days
            else 'last ' || one || ' ' || seen || ' days ago' || in_days
        end as seen_phrase,
        case measure
            when 'count'
                then seen || ' ' || case when observed = 1 then one_it else many_it end || in_days_it
            when 'days'
                then seen || case when observed = 1 then ' giorno' else ' giorni' end
                || ' con ' || one_it || in_days_it
            when 'sum'
                then case when is_money then seen_money else seen end || ' di ' || many_it || in_days_it
            when 'latest'
                then one_it || ' più recente: ' || case when is_money then seen_money else seen end
                || in_days_it
            when 'days_since_first' then one_it || ': prima volta ' || seen || ' giorni fa' || in_days_it
            else one_it || ': ultima volta ' || seen || ' giorni fa' || in_days_it
        end as seen_phrase_it,
        case
            when observed is null and measure = 'latest'
                then 'a latest ' || one || ' of at least ' || coalesce(least, limit_below) || in_days
            when observed is null then 'a first ' || one || in_days
            when observed >= below and measure in ('count', 'days')
                then lacking || ' ' || case when missing = 1 then one else many end || ' fewer' || in_days
            when observed >= below
                then measure_words.english || ' ' || one || ' under ' || limit_below || in_days
            when measure = 'count'
                then lacking || ' more ' || case when missing = 1 then one else many end || in_days
            when measure = 'days'
                then lacking || ' more ' || one || case when missing = 1 then ' day' else ' days' end
                || in_days
            when measure = 'sum'
                then case when is_money then lacking_money else lacking end || ' more ' || many || in_days
            when measure = 'latest' then 'a latest ' || one || ' of at least ' || least || in_days
            else lacking || ' more days since the ' || measure_words.english || ' ' || one
        end as missing_phrase,
        case
            when observed is null and measure = 'latest'
                then one_it || ' di almeno ' || coalesce(least, limit_below) || in_days_it
            when observed is null then 'prima volta di ' || one_it || in_days_it
            when observed >= below and measure in ('count', 'days')
                then lacking || ' ' || case when missing = 1 then one_it else many_it end || ' in meno'
                || in_days_it
            when observed >= below
                then one_it || ' (' || measure_words.italian || ') sotto ' || limit_below || in_days_it
            when measure = 'count'
                then lacking || ' ' || case when missing = 1 then one_it else many_it end || ' in più'
                || in_days_it
            when measure = 'days'
                then lacking || case when missing = 1 then ' giorno' else ' giorni' end || ' in più con '
                || one_it || in_days_it
            when measure = 'sum'
                then case when is_money then lacking_money else lacking end || ' in più di ' || many_it
                || in_days_it
            when measure = 'latest' then one_it || ' di almeno ' || least || in_days_it
            else lacking || ' giorni in più (' || measure_words.italian || ': ' || one_it || ')'
        end as missing_phrase_it,
        needs,
        needs_it
    from bounded
    left join (
        values
        ('days_since_first', 'first', 'primo'),
        ('days_since_last', 'last', 'ultimo'),
        ('sum', 'sum of', 'somma'),
        ('latest', 'latest', 'più recente')
    ) as measure_words (measure_name, english, italian)
        on bounded.measure = measure_words.measure_name

)

select * from phrases

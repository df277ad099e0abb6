-- Each condition of the evidence in words, in both languages: what is there for one that holds,
-- what is missing for one that does not. Over 120 lines: it is the dictionary of measures.

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
        is_money and measure in ('sum', 'latest') as is_amount,
        case when observed = 1 then one else many end as seen_noun,
        case when observed = 1 then one_it else many_it end as seen_noun_it,
        case when missing = 1 then one else many end as lacking_noun,
        case when missing = 1 then one_it else many_it end as lacking_noun_it,
        case when observed = 1 then ' day' else ' days' end as seen_days,
        case when observed = 1 then ' giorno con ' else ' giorni con ' end as seen_days_it,
        case when missing = 1 then ' day' else ' days' end as lacking_days,
        case when missing = 1 then ' giorno in più con ' else ' giorni in più con ' end
            as lacking_days_it,
        case measure
            when 'days_since_first' then 'first'
            when 'days_since_last' then 'last'
            else 'latest'
        end as which,
        case measure
            when 'days_since_first' then 'prima volta'
            when 'days_since_last' then 'ultima volta'
            else 'più recente'
        end as which_it
    from evidence

),

numbers as (

    select
        *,
        {{ amount_text('observed', 'is_amount', 'currency') }} as seen,
        {{ amount_text('missing', 'is_amount', 'currency') }} as lacking,
        {{ amount_text('at_least', 'is_amount', 'currency') }} as least,
        {{ amount_text('below', 'is_amount', 'currency') }} as limit_below
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
            when 'count' then seen || ' ' || seen_noun
            when 'days' then seen || ' ' || one || seen_days
            when 'sum' then seen || ' of ' || many
            when 'latest' then 'latest ' || one || ' of ' || seen
            else which || ' ' || one || ' ' || seen || ' days ago'
        end || in_days as seen_phrase,
        case measure
            when 'count' then seen || ' ' || seen_noun_it
            when 'days' then seen || seen_days_it || one_it
            when 'sum' then seen || ' di ' || many_it
            when 'latest' then one_it || ' più recente: ' || seen
            else one_it || ': ' || which_it || ' ' || seen || ' giorni fa'
        end || in_days_it as seen_phrase_it,
        case
            when observed is null and measure = 'latest' and at_least is not null
                then 'a latest ' || one || ' of at least ' || least
            when observed is null then 'a first ' || one
            when observed >= below and measure = 'count'
                then lacking || ' ' || lacking_noun || ' fewer'
            when observed >= below and measure = 'days'
                then lacking || ' ' || one || lacking_days || ' fewer'
            when observed >= below and measure = 'sum'
                then 'less than ' || limit_below || ' of ' || many
            when observed >= below and measure = 'latest'
                then 'a latest ' || one || ' under ' || limit_below
            when observed >= below
                then 'a ' || which || ' ' || one || ' under ' || limit_below || ' days ago'
            when measure = 'count' then lacking || ' more ' || lacking_noun
            when measure = 'days' then lacking || ' more ' || one || lacking_days
            when measure = 'sum' then lacking || ' more ' || many
            when measure = 'latest' then 'a latest ' || one || ' of at least ' || least
            else lacking || ' more days since the ' || which || ' ' || one
        end || in_days as missing_phrase,
        case
            when observed is null and measure = 'latest' and at_least is not null
                then one_it || ' di almeno ' || least
            when observed is null then 'prima volta di ' || one_it
            when observed >= below and measure = 'count'
                then lacking || ' ' || lacking_noun_it || ' in meno'
            when observed >= below and measure = 'days'
                then 'meno di ' || limit_below || ' giorni con ' || one_it
            when observed >= below and measure = 'sum'
                then 'meno di ' || limit_below || ' di ' || many_it
            when observed >= below and measure = 'latest' then one_it || ' sotto ' || limit_below
            when observed >= below
                then one_it || ' (' || which_it || ') meno di ' || limit_below || ' giorni fa'
            when measure = 'count' then lacking || ' ' || lacking_noun_it || ' in più'
            when measure = 'days' then lacking || lacking_days_it || one_it
            when measure = 'sum' then lacking || ' in più di ' || many_it
            when measure = 'latest' then one_it || ' di almeno ' || least
            else lacking || ' giorni in più (' || which_it || ': ' || one_it || ')'
        end || in_days_it as missing_phrase_it,
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
    from numbers

)

select * from phrases

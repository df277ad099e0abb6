-- The conditions that sentences tell in words, in both languages: of the rule that won what is
-- there and what is needed, of the ways to the next stage with the fewest conditions open what they
-- ask: what is missing, or all that is needed where it is there already. Over 120 lines,
-- since it is the dictionary of measures.

{% set most_ways = 2 %}

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
    where
        evidence.is_winner
        or evidence.way <= {{ most_ways }}

),

asked_amounts as (

    select
        *,
        case when holds then at_least else missing end as asked
    from evidence

),

amounts as (

    select
        *,
        is_money and measure in ('sum', 'latest') as is_amount,
        case when observed = 1 then one else many end as seen_noun,
        case when observed = 1 then one_it else many_it end as seen_noun_it,
        case when asked = 1 then one else many end as asked_noun,
        case when asked = 1 then one_it else many_it end as asked_noun_it,
        case when observed = 1 then ' day' else ' days' end as seen_days,
        case when observed = 1 then ' giorno' else ' giorni' end as seen_days_it,
        case when asked = 1 then ' day' else ' days' end as asked_days,
        case when asked = 1 then ' giorno' else ' giorni' end as asked_days_it,
        case when holds then '' else ' more' end as more,
        case when holds then '' else ' in più' end as more_it,
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
    from asked_amounts

),

-- As people write numbers: whole ones plainly, others with two decimals.
numbers as (

    select
        {% for number, text in [
            ('observed', 'seen'),
            ('asked', 'asked_number'),
            ('at_least', 'least'),
            ('below', 'limit_below'),
        ] -%}
        case
            when is_amount
                then cast(cast({{ number }} as decimal(18, 2)) as string) || ' ' || currency
            when {{ number }} = floor({{ number }})
                then cast(cast({{ number }} as bigint) as string)
            else cast(cast({{ number }} as decimal(18, 2)) as string)
        end as {{ text }},
        {% endfor -%}
        *
    from amounts

),

seen_conditions as (

    select
        *,
        case measure
            when 'count' then seen || ' ' || seen_noun
            when 'days' then seen || ' ' || one || seen_days
            when 'sum' then seen || ' of ' || many
            when 'latest' then 'latest ' || one || ' of ' || seen
            else which || ' ' || one || ' ' || seen || seen_days || ' ago'
        end as seen_words,
        case measure
            when 'count' then seen || ' ' || seen_noun_it
            when 'days' then seen || seen_days_it || ' con ' || one_it
            when 'sum' then seen || ' di ' || many_it
            when 'latest' then one_it || ' più recente pari a ' || seen
            else which_it || ' (' || one_it || ') ' || seen || seen_days_it || ' fa'
        end as seen_words_it
    from numbers

),

phrases as (

    select
        framework,
        subject_key,
        stage,
        rule,
        is_winner,
        way,
        condition_no,
        seen_words || in_days as seen_phrase,
        seen_words_it || in_days_it as seen_phrase_it,
        case
            when holds and at_least is null then seen_words
            when observed >= below and measure = 'count'
                then asked_number || ' ' || asked_noun || ' fewer'
            when observed >= below and measure = 'days'
                then asked_number || ' ' || one || asked_days || ' fewer'
            when observed >= below and measure = 'sum'
                then 'less than ' || limit_below || ' of ' || many
            when measure = 'latest' and coalesce(observed >= below, at_least is null)
                then 'a latest ' || one || ' under ' || limit_below
            when observed >= below
                then 'a ' || which || ' ' || one || ' under ' || limit_below || ' days ago'
            when measure = 'count' then asked_number || more || ' ' || asked_noun
            when measure = 'days' then asked_number || more || ' ' || one || asked_days
            when measure = 'sum'
                then asked_number || case when holds then ' of ' else ' more ' end || many
            when measure = 'latest' then 'a latest ' || one || ' of at least ' || least
            when observed is null then 'a first ' || one
            else asked_number || more || asked_days || ' since the ' || which || ' ' || one
        end || in_days as asked_phrase,
        case
            when holds and at_least is null then seen_words_it
            when observed >= below and measure = 'count'
                then asked_number || ' ' || asked_noun_it || ' in meno'
            when observed >= below and measure = 'days'
                then asked_number || asked_days_it || ' in meno con ' || one_it
            when observed >= below and measure = 'sum'
                then 'meno di ' || limit_below || ' di ' || many_it
            when measure = 'latest' and coalesce(observed >= below, at_least is null)
                then one_it || ' sotto ' || limit_below
            when observed >= below
                then which_it || ' (' || one_it || ') meno di ' || limit_below || ' giorni fa'
            when measure = 'count' then asked_number || ' ' || asked_noun_it || more_it
            when measure = 'days' then asked_number || asked_days_it || more_it || ' con ' || one_it
            when measure = 'sum' then asked_number || more_it || ' di ' || many_it
            when measure = 'latest' then one_it || ' di almeno ' || least
            when observed is null then 'prima volta (' || one_it || ')'
            else
                asked_number || asked_days_it || more_it || ' dalla ' || which_it || ' ('
                || one_it || ')'
        end || in_days_it as asked_phrase_it,
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
    from seen_conditions

)

select * from phrases

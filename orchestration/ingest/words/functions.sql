-- What the SQL of adapters may call besides email_key, person_id, fold_word and status_word, which
-- need the salt or the words and are made in Python.

create or replace temporary macro country_code(name) as (
    case
        when regexp_full_match(name, '[A-Za-z]{2}') and lower(name) not in ('xx', 'uk')
            then upper(name)
        else (select any_value(country) from country_words where word = fold_word(name))
    end
);

-- Thousands marks, where a layout has them, stand before three digits alone.
create or replace temporary macro amount(given) as (
    try_cast(regexp_replace(given, ',([0-9]{3})', '\1', 'g') as decimal(18, 4))
);

-- Stripe's reckoning: currencies without a minor unit, and those whose unit has three digits.
create or replace temporary macro minor_amount(given, currency) as (
    cast(
        try_cast(given as decimal(18, 4)) / case
            when
                upper(currency) in (
                    'BIF', 'CLP', 'DJF', 'GNF', 'JPY', 'KMF', 'KRW', 'MGA',
                    'PYG', 'RWF', 'VND', 'VUV', 'XAF', 'XOF', 'XPF'
                )
                then 1
            when upper(currency) in ('BHD', 'JOD', 'KWD', 'OMR', 'TND') then 1000
            else 100
        end as decimal(18, 4)
    )
);

create or replace temporary macro text_at(document, path) as (
    nullif(json_extract_string(document, path), '')
);

-- Text that is no JSON is null, so that one bad cell never costs its file.
create or replace temporary macro as_json(given) as (
    case when json_valid(given) then cast(given as json) end
);

create or replace temporary macro shopify_id(given) as (
    coalesce(nullif(regexp_extract(given, '^gid://shopify/[A-Za-z]+/([0-9]+)', 1), ''), given)
);

create or replace temporary macro shop_money(document) as (
    coalesce(text_at(document, '$.shop_money.amount'), text_at(document, '$.shopMoney.amount'))
);

-- A list, or GraphQL's connection of nodes or edges, as a list.
create or replace temporary macro nodes(document) as (
    coalesce(
        from_json(case when json_type(document) = 'ARRAY' then document end, '["JSON"]'),
        from_json(json_extract(document, '$.nodes'), '["JSON"]'),
        json_extract(document, '$.edges[*].node'),
        []
    )
);

-- Seconds, milliseconds or microseconds since 1970 as a timestamp that says it is UTC.
create or replace temporary macro epoch_text(given, per_second) as (
    cast(
        make_timestamp(
            cast(try_cast(given as decimal(38, 6)) * 1000000 / per_second as bigint)
        ) as varchar
    ) || 'Z'
);

-- A timestamp in UTC, said or not.
create or replace temporary macro instant(given) as (
    try_cast(regexp_replace(given, ' ?(UTC|Z)$', '') as timestamp)
);

create or replace temporary macro url_parameter(url, name) as (
    nullif(
        url_decode(replace(regexp_extract(url, '[?&]' || name || '=([^&#]*)', 1), '+', ' ')), ''
    )
);

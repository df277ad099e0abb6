{# Texts as they are compared: names folded, ids canonical, numbers exact. #}

{# A text, or null where it is a word that stands for no value, in any case. #}
{% macro stated_text(text) -%}
    case
        when
            lower(trim({{ text }})) not in ('', 'null', '\n', 'nan', 'nat', 'n/a', 'none')
            then {{ text }}
    end
{%- endmacro %}

{# A text to tell rows apart by: trimmed, null where it says nothing. #}
{% macro word(text) -%}
    trim({{ stated_text(text) }})
{%- endmacro %}

{# Without blanks, tabs and line breaks around it. #}
{% macro without_blanks(text) %}{{ return(adapter.dispatch('without_blanks')(text)) }}{% endmacro %}
{% macro default__without_blanks(text) -%}
    trim({{ text }}, ' ' || chr(9) || chr(10) || chr(11) || chr(12) || chr(13))
{%- endmacro %}

{# A name as names are compared: lower case, everything but letters and digits one blank, trimmed. #}
{% macro folded_name(name) %}{{ return(adapter.dispatch('folded_name')(name)) }}{% endmacro %}
{% macro default__folded_name(name) -%}
    trim(regexp_replace(lower({{ name }}), '[^\p{L}\p{Nd}]+', ' ', 'g'))
{%- endmacro %}

{# An id without blanks, text mark and trailing zeros: `17850.0` is `17850`; null for a number that
   lost its digits. #}
{% macro canonical_id(text) %}{{ return(adapter.dispatch('canonical_id')(text)) }}{% endmacro %}
{% macro default__canonical_id(text) -%}
    case
        when not regexp_full_match(
            regexp_replace(trim({{ text }}), '^''([0-9=+@-])', '\1'),
            '[+-]?[0-9]+([.,][0-9]+)?[eE][+][0-9]+'
        )
            then regexp_replace(
                regexp_replace(trim({{ text }}), '^''([0-9=+@-])', '\1'),
                '^([0-9]+)[.]0+$',
                '\1'
            )
    end
{%- endmacro %}

{# The exact number that a text states, rounded half away from zero to 10 decimals; null when it
   states none. #}
{% macro stated_number(text) %}{{ return(adapter.dispatch('stated_number')(text)) }}{% endmacro %}
{% macro default__stated_number(text) -%}
    case
        when regexp_full_match(
            {{ without_blanks(text) }}, '[+-]?[0-9]+([.][0-9]+)?([eE][+-]?[0-9]{1,3})?'
        )
            then try_cast({{ without_blanks(text) }} as decimal(38, 10))
    end
{%- endmacro %}

{# A number with 4 decimals, rounded half away from zero; null beyond 14 digits before the point. #}
{% macro as_amount(number) %}{{ return(adapter.dispatch('as_amount')(number)) }}{% endmacro %}
{% macro default__as_amount(number) -%}
    try_cast({{ number }} as decimal(18, 4))
{%- endmacro %}

{# Whether a text is one of the parts of a list parted by `|`, blanks around them aside. #}
{% macro is_one_of(text, parts) %}{{ return(adapter.dispatch('is_one_of')(text, parts)) }}{% endmacro %}
{% macro default__is_one_of(text, parts) -%}
    list_contains(
        list_transform(string_split({{ parts }}, '|'), lambda part: {{ without_blanks('part') }}),
        {{ text }}
    )
{%- endmacro %}

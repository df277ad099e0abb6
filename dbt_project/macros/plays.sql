{# Arms and what a person got lately: how plays are dealt, and when they rest. #}

{# Where a text falls in a lottery that anybody can draw again, from 0 to 1: the first eight hex
   digits of its MD5 over 16^8. #}
{% macro lot(text) %}{{ return(adapter.dispatch('lot')(text)) }}{% endmacro %}
{% macro default__lot(text) -%}
    (cast(cast('0x' || substr(md5({{ text }}), 1, 8) as bigint) as double) / 4294967296)
{%- endmacro %}

{# Whether a subject is of the few who get no marketing at all. #}
{% macro is_global_control(subject_id) -%}
    {{ lot("'" ~ var('play_salt') ~ ":' || " ~ subject_id) }} < {{ var('global_control_share') }}
{%- endmacro %}

{# The quarter of a date, as 2026Q1. #}
{% macro quarter(date) -%}
    (
        cast(extract(year from {{ date }}) as string) || 'Q'
        || cast(extract(quarter from {{ date }}) as string)
    )
{%- endmacro %}

{# The last instant of a reporting date: what is told of a day is told at its end. #}
{% macro day_end(date) -%}
    ({{ day_start(add_days(date, 1)) }} - interval '1' microsecond)
{%- endmacro %}

{# A list of the contacts of which the rest of a walk has to know, with one of them. #}
{% macro first_contact(play_no, due_from, is_marketing) -%}
    {{ return(adapter.dispatch('first_contact')(play_no, due_from, is_marketing)) }}
{%- endmacro %}
{% macro default__first_contact(play_no, due_from, is_marketing) -%}
    list_value(
        struct_pack(
            play_no := {{ play_no }}, due_from := {{ due_from }}, is_marketing := {{ is_marketing }}
        )
    )
{%- endmacro %}

{# How many of the contacts since a day are of a kind, an expression of `contact`. #}
{% macro contacts_since(contacts, since, kind) -%}
    {{ return(adapter.dispatch('contacts_since')(contacts, since, kind)) }}
{%- endmacro %}
{% macro default__contacts_since(contacts, since, kind) -%}
    len(
        list_filter(
            {{ contacts }}, lambda contact: {{ kind }} and contact.due_from >= {{ since }}
        )
    )
{%- endmacro %}

{# The contacts since a day, and those of another list. #}
{% macro later_contacts(contacts, since, more_contacts) -%}
    {{ return(adapter.dispatch('later_contacts')(contacts, since, more_contacts)) }}
{%- endmacro %}
{% macro default__later_contacts(contacts, since, more_contacts) -%}
    list_concat(
        list_filter({{ contacts }}, lambda contact: contact.due_from >= {{ since }}),
        {{ more_contacts }}
    )
{%- endmacro %}

{# Whether a play may be sent: who has to consent must have said yes, and no marketing goes to who
   said no. What is not known is no yes, and no no. #}
{% macro is_permitted(plays, has_consent) -%}
    case
        when {{ plays }}.needs_consent then coalesce({{ has_consent }}, false)
        when not {{ plays }}.is_service then coalesce({{ has_consent }}, true)
        else true
    end
{%- endmacro %}

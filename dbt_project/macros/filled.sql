{# Columns of events that are null are read from the key of their name in `properties`. Each step
   is a select of its own (stg_filled_events): nested in one expression they would be repeated dozens
   of times. #}

{# The id that a text of `properties` states; null when it is absent, lost its digits or is excluded.
   `text` is a column: it is repeated. #}
{% macro told_id(text) -%}
    {{ known_id(canonical_id(stated_text(text))) }}
{%- endmacro %}

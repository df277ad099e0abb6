{# read = kept + duplicate + quarantined + set aside + filtered, for each file and each staging model. #}
{% test every_row_is_accounted_for(model) %}

    select *
    from {{ model }}
    where
        rows_read
        <> rows_kept + rows_duplicate + rows_quarantined + rows_set_aside + rows_filtered

{% endtest %}

{# Statistics of samples, as floats: all intervals hold 90 %. Sums are exact before they come
   here. #}

{# The 95 % point of the normal distribution. #}
{% macro normal_point() -%} 1.6448536269514722 {%- endmacro %}

{# The lower (`sign` -) or upper (+) end of Wilson's interval of a share. #}
{% macro wilson_bound(hits, trials, sign) -%}
    (
        ({{ hits }} + {{ normal_point() }} * {{ normal_point() }} / 2) {{ sign }} {{ normal_point() }}
        * sqrt(
            cast({{ hits }} as double) * ({{ trials }} - {{ hits }}) / nullif({{ trials }}, 0)
            + {{ normal_point() }} * {{ normal_point() }} / 4
        )
    ) / ({{ trials }} + {{ normal_point() }} * {{ normal_point() }})
{%- endmacro %}

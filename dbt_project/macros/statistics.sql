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

{# The variance of a sample from its exact sums; null below two. #}
{% macro sample_variance(number, total, squares) -%}
    (
        (cast({{ squares }} as double) - cast({{ total }} as double) * {{ total }} / {{ number }})
        / nullif({{ number }} - 1, 0)
    )
{%- endmacro %}

{# The 95 % point of Student's distribution, by the expansion of Cornish and Fisher, whose
   coefficients are polynomials of the normal point: within 1e-6 from 13 degrees of freedom on, within 1e-3 from 3
   on. #}
{% macro student_point(freedom) -%}
    (
        {{ normal_point() }}
        + 1.5237691475737816 / {{ freedom }}
        + 1.4202029826359421 / power({{ freedom }}, 2)
        + 0.9830015120343027 / power({{ freedom }}, 3)
        + 0.4338764545048993 / power({{ freedom }}, 4)
    )
{%- endmacro %}

{# Half of Welch's interval of the difference of two means, given the variance of each mean and the
   sizes; 0 where nothing varies, null where a sample has fewer than two. #}
{% macro welch_margin(variance, number, other_variance, other_number) -%}
    case
        when {{ variance }} + {{ other_variance }} <= 0 then 0
        else sqrt({{ variance }} + {{ other_variance }}) * {{ student_point(
            welch_freedom(variance, number, other_variance, other_number)
        ) }}
    end
{%- endmacro %}

{# The degrees of freedom of Welch and Satterthwaite. #}
{% macro welch_freedom(variance, number, other_variance, other_number) -%}
    (
        power({{ variance }} + {{ other_variance }}, 2) / (
            power({{ variance }}, 2) / ({{ number }} - 1)
            + power({{ other_variance }}, 2) / ({{ other_number }} - 1)
        )
    )
{%- endmacro %}

{# What a share of an arm adds to the variance of a lift that is looked at again and again: hits and
   trials each with half a hit and a trial more, so that none is certain. #}
{% macro anytime_variance(hits, trials) -%}
    (
        ({{ hits }} + 0.5) / ({{ trials }} + cast(1 as double))
        * (1 - ({{ hits }} + 0.5) / ({{ trials }} + cast(1 as double)))
        / nullif({{ trials }}, 0)
    )
{%- endmacro %}

{# How far from zero a lift has to lie to be no chance at 1 %, however often one looks: the boundary of
   a mixture of normals that expects lifts of 0.05. #}
{% macro anytime_margin(variance) -%}
    sqrt(
        {{ variance }} * ({{ variance }} + 0.05 * 0.05) / (0.05 * 0.05)
        * ln(({{ variance }} + 0.05 * 0.05) / (0.01 * {{ variance }}))
    )
{%- endmacro %}

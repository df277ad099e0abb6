{# The value below which a share of the standard normal distribution lies. SQL has no function for it:
   these are the rational functions of Wichura's algorithm AS 241, term by term as Python's
   NormalDist.inv_cdf computes them, right to the last digits of a double. #}
{% macro normal_quantile(share) -%}
    {%- set from_half = '(' ~ share ~ ' - 0.5e0)' -%}
    {%- set near = '(0.180625e0 - ' ~ from_half ~ ' * ' ~ from_half ~ ')' -%}
    {%- set tail = 'sqrt(-ln(least(' ~ share ~ ', 1e0 - ' ~ share ~ ')))' -%}
    case
        when abs({{ from_half }}) <= 0.425e0 then {{ polynomial(near, [
            '2.5090809287301226727e3', '3.3430575583588128105e4', '6.7265770927008700853e4',
            '4.5921953931549871457e4', '1.3731693765509461125e4', '1.9715909503065514427e3',
            '1.3314166789178437745e2', '3.3871328727963666080e0',
        ]) }} * {{ from_half }} / {{ polynomial(near, [
            '5.2264952788528545610e3', '2.8729085735721942674e4', '3.9307895800092710610e4',
            '2.1213794301586595867e4', '5.3941960214247511077e3', '6.8718700749205790830e2',
            '4.2313330701600911252e1', '1e0',
        ]) }}
        when {{ tail }} <= 5e0 then sign({{ from_half }}) * ({{ polynomial('(' ~ tail ~ ' - 1.6e0)', [
            '7.74545014278341407640e-4', '2.27238449892691845833e-2', '2.41780725177450611770e-1',
            '1.27045825245236838258e0', '3.64784832476320460504e0', '5.76949722146069140550e0',
            '4.63033784615654529590e0', '1.42343711074968357734e0',
        ]) }} / {{ polynomial('(' ~ tail ~ ' - 1.6e0)', [
            '1.05075007164441684324e-9', '5.47593808499534494600e-4', '1.51986665636164571966e-2',
            '1.48103976427480074590e-1', '6.89767334985100004550e-1', '1.67638483018380384940e0',
            '2.05319162663775882187e0', '1e0',
        ]) }})
        else sign({{ from_half }}) * ({{ polynomial('(' ~ tail ~ ' - 5e0)', [
            '2.01033439929228813265e-7', '2.71155556874348757815e-5', '1.24266094738807843860e-3',
            '2.65321895265761230930e-2', '2.96560571828504891230e-1', '1.78482653991729133580e0',
            '5.46378491116411436990e0', '6.65790464350110377720e0',
        ]) }} / {{ polynomial('(' ~ tail ~ ' - 5e0)', [
            '2.04426310338993978564e-15', '1.42151175831644588870e-7', '1.84631831751005468180e-5',
            '7.86869131145613259100e-4', '1.48753612908506148525e-2', '1.36929880922735805310e-1',
            '5.99832206555887937690e-1', '1e0',
        ]) }})
    end
{%- endmacro %}

{# A polynomial in `x`, its coefficients from the highest power down. #}
{% macro polynomial(x, coefficients) -%}
    {{ '(' * (coefficients | length - 1) }}{{ coefficients[0] }}
    {%- for coefficient in coefficients[1:] %} * {{ x }} + {{ coefficient }}){% endfor %}
{%- endmacro %}

{# Days of silence after which the policy calls a subject `at_risk` or `lapsed` (docs/lifecycle_semantics.md#health),
   before the two are put in order: the mean log gap and so many deviations `z`, within the bounds of the
   policy. #}
{% macro silence_limit(mean_log_gap, z, policy) -%}
    cast(
        greatest(
            least(
                ceil(round(exp({{ mean_log_gap }} + {{ z }} * {{ policy }}.log_gap_sigma), 6)),
                {{ policy }}.max_days
            ),
            {{ policy }}.min_days
        ) as bigint
    )
{%- endmacro %}

{# The healths, in the order in which a silent subject passes them: a prospect turns cold, a customer
   at risk and lapsed. #}
{% macro healths() -%}
    {{ return(['prospect', 'cold', 'active', 'at_risk', 'lapsed']) }}
{%- endmacro %}

{% macro health_step(health) -%}
    case {{ health }}
        {% for name in healths() -%}
        when '{{ name }}' then {{ loop.index0 }}
        {% endfor -%}
    end
{%- endmacro %}

{% macro health_name(step) -%}
    case {{ step }}
        {% for name in healths() -%}
        when {{ loop.index0 }} then '{{ name }}'
        {% endfor -%}
    end
{%- endmacro %}

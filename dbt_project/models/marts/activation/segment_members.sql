-- Who belongs to which segment on the as-of date: every condition of the segment holds for the
-- customer. The columns are compared as texts, numbers without the zeros behind, unless greater or
-- less is asked; what is unknown meets no condition but the one that asks for it.

with

described_customers as (

    select
        customers.subject_id,
        conditions.segment,
        conditions.operator,
        conditions.operand,
        case conditions.column_name
            {% for column in mart_columns('customers') if column.data_type.startswith('decimal') -%}
            when '{{ column.name }}'
                then trim(
                    trailing '.'
                    from trim(trailing '0' from cast(customers.{{ column.name }} as string))
                )
            {% endfor -%}
            {% for column in mart_columns('customers')
                if not column.data_type.startswith('decimal') -%}
            when '{{ column.name }}' then cast(customers.{{ column.name }} as string)
            {% endfor -%}
            when '' then ''
        end as told
    from {{ ref('customers') }} as customers
    cross join {{ ref('segment_conditions') }} as conditions

),

judged_customers as (

    select
        subject_id,
        segment,
        case operator
            when 'is_known' then told is not null
            when 'is_unknown' then told is null
            when 'equals' then told = operand
            when 'in' then {{ is_one_of('told', 'operand') }}
            when 'at_least' then {{ stated_number('told') }} >= {{ stated_number('operand') }}
            when 'below' then {{ stated_number('told') }} < {{ stated_number('operand') }}
        end as is_met
    from described_customers

),

segment_members as (

    select
        segment,
        subject_id
    from judged_customers
    group by
        segment,
        subject_id
    having bool_and(coalesce(is_met, false))

)

select * from segment_members

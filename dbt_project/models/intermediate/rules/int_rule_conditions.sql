-- The conditions of each rule of the built frameworks, numbered from 1 in their order, with the
-- number under which the engine knows each of them.

with

rule_conditions as (

    select
        rule_conditions.rule,
        cast(
            row_number() over (
                partition by rule_conditions.rule order by rule_conditions.condition_no
            ) as integer
        ) as place_in_rule,
        conditions.condition_no,
        conditions.metric_no,
        conditions.signal_no,
        conditions.bit_0,
        conditions.bit_1
    from {{ ref('rule_conditions') }} as rule_conditions
    inner join {{ ref('int_conditions') }} as conditions
        on
            rule_conditions.signal = conditions.signal
            and rule_conditions.measure = conditions.measure
            and rule_conditions.window_days is not distinct from conditions.window_days
            and rule_conditions.at_least is not distinct from conditions.at_least
            and rule_conditions.below is not distinct from conditions.below

)

select * from rule_conditions

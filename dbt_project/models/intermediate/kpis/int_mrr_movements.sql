-- What a period did to the recurring revenue of the persons in whom it changed anything, net: the
-- opening plus new, expansion and reactivation less contraction and churned is the closing.

with

period_balances as (

    {% for grain in period_grains() -%}
    select
        '{{ grain }}' as period_grain,
        {{ period_start('valid_from', grain) }} as period_start,
        person_key,
        min_by(previous_mrr, valid_from) as opening_mrr,
        max_by(mrr, valid_from) as closing_mrr,
        min_by(was_running, valid_from) as was_running,
        min_by(had_mrr_before, valid_from) as had_mrr_before,
        min_by(was_missing_rate, valid_from) or max_by(is_missing_rate, valid_from)
            as is_missing_rate
    from {{ ref('int_person_mrr') }}
    group by
        {{ period_start('valid_from', grain) }},
        person_key
    {%- if not loop.last %}

    union all

    {% endif -%}
    {%- endfor %}

),

movements as (

    select
        *,
        case when opening_mrr = 0 and not had_mrr_before then closing_mrr else 0 end as new_mrr,
        case when opening_mrr > 0 then greatest(closing_mrr - opening_mrr, 0) else 0 end
            as expansion_mrr,
        case when closing_mrr > 0 then greatest(opening_mrr - closing_mrr, 0) else 0 end
            as contraction_mrr,
        case when closing_mrr = 0 then opening_mrr else 0 end as churned_mrr,
        case when opening_mrr = 0 and had_mrr_before then closing_mrr else 0 end
            as reactivation_mrr
    from period_balances
    where
        opening_mrr <> closing_mrr
        or is_missing_rate

)

select * from movements

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
        min_by(had_mrr_before, valid_from) as had_mrr_before
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
        balances.*,
        case
            when balances.opening_mrr = 0 and not balances.had_mrr_before
                then balances.closing_mrr
            else 0
        end as new_mrr,
        case
            when balances.opening_mrr > 0
                then greatest(balances.closing_mrr - balances.opening_mrr, 0)
            else 0
        end as expansion_mrr,
        case
            when balances.closing_mrr > 0
                then greatest(balances.opening_mrr - balances.closing_mrr, 0)
            else 0
        end as contraction_mrr,
        case when balances.closing_mrr = 0 then balances.opening_mrr else 0 end as churned_mrr,
        case
            when balances.opening_mrr = 0 and balances.had_mrr_before then balances.closing_mrr
            else 0
        end as reactivation_mrr,
        unrated_changes.person_key is not null as is_missing_rate
    from period_balances as balances
    left join {{ ref('int_unrated_recurring_changes') }} as unrated_changes
        on
            balances.person_key = unrated_changes.person_key
            and balances.period_grain = unrated_changes.period_grain
            and balances.period_start = unrated_changes.period_start
    where
        balances.opening_mrr <> balances.closing_mrr
        or unrated_changes.person_key is not null

)

select * from movements

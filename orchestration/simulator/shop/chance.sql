-- Chance without random(): every draw is a pure function of (seed, key, salt).
-- Three multiplications modulo primes just below 2^32, with an xor between them so that draws of
-- neighbouring keys or salts are not shifted copies of each other. All products stay below 2^64.
-- Nothing here uses hash(), ln() or exp(): those may differ between versions and machines.
create macro salted(salt, factor) as
    (cast(salt as ubigint) * cast(factor as ubigint) + cast(getvariable('seed_key') as ubigint))
    % cast(4294967291 as ubigint);

create macro mix(key, salt) as
    (
        xor(
            (
                xor(
                    ((cast(key as ubigint) % cast(4294967291 as ubigint))
                        * cast(2654435761 as ubigint)) % cast(4294967291 as ubigint),
                    salted(salt, 2246822519)
                ) * cast(3266489917 as ubigint)
            ) % cast(4294967279 as ubigint),
            salted(salt, 668265263)
        ) * cast(2869860233 as ubigint)
    ) % cast(4294967231 as ubigint);

-- A whole number in 0 .. sides - 1.
create macro draw(key, salt, sides) as
    cast(mix(key, salt) % cast(sides as ubigint) as bigint);

-- A share in [0, 1).
create macro share(key, salt) as cast(mix(key, salt) as double) / 4294967296.0;

-- Whole part of a positive number: a cast to integer would round half to even.
create macro whole(number) as cast(floor(number) as bigint);

create macro day_of(second) as cast(second as bigint) // 86400;

create macro moment(second) as
    cast(getvariable('start_date') as timestamp) + to_seconds(cast(second as bigint));

create macro date_on(day) as
    cast(getvariable('start_date') as date) + cast(day as integer);

-- Cents to money, exactly.
create macro money(cents) as
    cast(cast(cents as decimal(14, 0)) * cast(0.01 as decimal(3, 2)) as decimal(12, 2));

create macro customer_text(person) as 'c' || cast(1000000 + person as varchar);

-- The id of a customer's second account, until the two are merged.
create macro duplicate_text(person) as 'c' || cast(1000000 + person as varchar) || 'b';

create macro subscription_text(subscription_no) as 'sub' || cast(subscription_no as varchar);

"""The plain-Python reading of docs/lifecycle_semantics.md, used only to judge the SQL.

Belongs here: a brute-force evaluator and the worlds it is tried on. Does not belong here: any
SQL, any import from ``orchestration`` or ``dbt_project``; two readings that share code prove
nothing.
"""

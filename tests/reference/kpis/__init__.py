"""The plain-Python reading of docs/kpi_conventions.md, used only to judge ``kpi_values``.

Belongs here: brute force, what the topics of the page (``topics``) share. Does not belong
here: any SQL, any import from ``orchestration`` or ``dbt_project``, and the lifecycle itself (the
parent package).
"""

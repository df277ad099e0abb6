"""The documentation as a site of static files: pages of ours, and dbt's docs beside them.

Belongs here: which pages there are, how they are turned into HTML, and writing them. Does not
belong here: what the pages say (`dbt_project/docs`, the catalogue, the rules, the models' YAML).
"""

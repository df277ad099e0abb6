"""Import the bundle for Superset and query its datasets; run by the Python that has Superset.

    python superset_import.py BUNDLE_FOLDER PUBLISHED_DATABASE WORK_FOLDER

Prints one line per dataset: its name and how many rows Superset read. Superset's own database is
made in the work folder. `test_superset.py` runs it.
"""

# pyright: basic, reportMissingImports=false

from __future__ import annotations

import os
import sys
from pathlib import Path


def main(bundle: Path, database: Path, work: Path) -> None:
    """Make an instance without users, import the bundle, query each dataset."""
    configuration = work / "superset_config.py"
    configuration.write_text(
        "SECRET_KEY = 'of a test'\n"
        f"SQLALCHEMY_DATABASE_URI = 'sqlite:///{work / 'superset.db'}'\n"
        "PREVENT_UNSAFE_DB_CONNECTIONS = False\n"
    )
    os.environ |= {"SUPERSET_CONFIG_PATH": str(configuration), "SUPERSET_HOME": str(work)}
    from superset.app import create_app

    contents = {
        path.relative_to(bundle).as_posix(): path.read_text().replace(
            "/absolute/path/to/published/lifecycle.duckdb", str(database)
        )
        for path in sorted(bundle.rglob("*.yaml"))
    }
    with create_app().app_context():
        from flask_appbuilder import Model
        from superset import db, security_manager
        from superset.commands.dashboard.importers.v1 import ImportDashboardsCommand
        from superset.connectors.sqla.models import SqlaTable
        from superset.models.dashboard import Dashboard
        from superset.utils.core import override_user

        Model.metadata.create_all(db.engine)
        # Who may import is Superset's affair; this is about what is imported.
        security_manager.can_access = security_manager.is_admin = lambda *_, **__: True
        role = security_manager.add_role("Importer")
        user = security_manager.add_user("i", "I", "M", "i@localhost", role, "password")
        with override_user(user):
            ImportDashboardsCommand(contents, overwrite=True).run()
        (dashboard,) = db.session.query(Dashboard).all()
        print("dashboard", len(dashboard.slices))
        for dataset in db.session.query(SqlaTable).order_by(SqlaTable.table_name):
            print(dataset.table_name, len(dataset.database.get_df(dataset.sql)))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))

"""`python -m tests.architecture.migrations`: are the migrations made, and can each be applied to a running server?"""

import sys
from pathlib import Path

from tests import database

ROOT = Path(__file__).parents[2]
JUDGED_BY_HAND = (
    # It puts a partitioned table in the place of a plain one, under the same name, in one transaction: what runs meanwhile waits.
    "0005_log",
    # A day had one shift before; the new constraint says of its start what the old one said of the day, so it cannot fail.
    "0004_working_time",
    # One report for each visit was the rule before; the new constraint says it of fewer rows, so it cannot fail.
    "0003_late_evidence",
    # A text column grows from 8 to 10 characters, which rewrites nothing and which the version before can live with.
    "0006_inbox",
    # So does the address of a push, from 1024 to 2048, and it may be of one more kind.
    "0003_webpush",
    # What is unique of deliveries by mail cannot fail: before it there are none.
    "0004_delivery",
)


def main() -> int:
    """Returns an exit code; what is wrong stands above it."""
    database.begin()
    try:
        import django
        from django.core.management import CommandError, call_command

        django.setup()
        try:
            call_command("makemigrations", check_changes=True, dry_run=True)
            call_command(
                "lintmigrations",
                no_cache=True,
                project_root_path=str(ROOT),
                ignore_name=list(JUDGED_BY_HAND),
                exclude_apps=["procrastinate"],  # the job engine's own history, which no database of ours goes through
            )
        except CommandError as error:
            sys.stderr.write(f"{error}\n")
            return 1
    except SystemExit as end:
        return int(end.code or 0)
    finally:
        database.end()
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""`python -m tests.architecture.migrations`: are the migrations made, and can each be applied to a running server?"""

import sys
from pathlib import Path

from tests import database

ROOT = Path(__file__).parents[2]
JUDGED_BY_HAND: tuple[str, ...] = (
    # Names of migrations that the linter finds fault with, each with why it cannot fail, or keep nobody waiting.
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

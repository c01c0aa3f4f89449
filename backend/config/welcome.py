"""What `fieldbeat serve` says when everything runs."""

from rich.console import Console
from rich.table import Table

from backend.config.env import Env
from backend.kit.version import VERSION

SignIn = tuple[str, str, str, str]
"""Tenant, name, role, password."""


def show_welcome(console: Console, env: Env, who: list[SignIn], *, dev_fcm: str | None, seconds: float) -> None:
    """Prints the addresses and the names that may sign in."""
    host = f"[{env.host}]" if ":" in env.host else env.host
    base = f"http://{host}:{env.port}"
    console.print()
    console.print(f"Fieldbeat {VERSION} is ready ({seconds:.1f} s)", style="bold", highlight=False)
    doors = Table.grid(padding=(0, 2))
    doors.add_row("GraphQL", f"{base}/graphql")
    doors.add_row("WebSocket", f"ws://{host}:{env.port}/graphql")
    doors.add_row("Health", f"{base}/healthz  {base}/readyz")
    doors.add_row("Admin", f"{base}/admin/")
    if dev_fcm is not None:
        doors.add_row("Push", f"{dev_fcm} (local FCM server, shows the alerts)")
    doors.add_row("Data", "the PostgreSQL of DATABASE_URL" if env.database_url else str(env.data_dir))
    console.print(doors, soft_wrap=True)
    if who:
        console.print()
        names = Table("Sign in as", "Role", "Tenant", "Password", box=None, padding=(0, 2, 0, 0), header_style="dim")
        for tenant, name, role, password in who:
            names.add_row(name, role, tenant, password)
        console.print(names)
    console.print()
    console.print("Ctrl-C stops it; the data stays.", style="dim", highlight=False)

"""The alerts on one readable page."""

from html import escape

from backend.notifications.devfcm.store import Store

_HEAD = """<!doctype html><html lang="en"><head><meta charset="utf-8"><meta http-equiv="refresh" content="3">
<meta name="viewport" content="width=device-width"><title>Fieldbeat: alerts sent</title><style>
body{font:16px/1.5 sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem;color:#1a1f24;background:#f6f7f9}
h1{font-size:1.3rem;margin:0}p.lead{color:#56606b;margin:.2rem 0 1.5rem}
article{background:#fff;border:1px solid #dde2e8;border-radius:8px;padding:.8rem 1rem;margin:0 0 .8rem}
h2{font-size:1rem;margin:0}article p{margin:.2rem 0 .6rem}table{border-collapse:collapse;font-size:.85rem;color:#414b55}
td{padding:0 1.2rem 0 0}code{font-size:.8rem;color:#56606b}
@media(prefers-color-scheme:dark){body{background:#14181c;color:#e8ecf0}article{background:#1d2329;border-color:#333c45}
table,code,p.lead{color:#a9b4bf}}</style></head><body><h1>Alerts sent to phones</h1>
"""


def render(store: Store) -> str:
    """Returns the page: newest alert first, each with the addresses that took it."""
    groups: dict[str, list[dict[str, object]]] = {}
    for alert in store.alerts():
        groups.setdefault(str(alert["nid"] or alert["n"]), []).append(alert)
    parts = [_HEAD]
    if not groups:
        parts.append('<p class="lead">No alert yet. This page looks again every three seconds.</p>')
    else:
        parts.append(f'<p class="lead">{len(groups)} {"alert" if len(groups) == 1 else "alerts"}, newest first.</p>')
    for nid, alerts in reversed(list(groups.items())):
        first = alerts[0]
        rows = "".join(
            f"<tr><td>{escape(str(alert['first_at'])[:19].replace('T', ' '))} UTC</td>"
            f"<td>{escape(str(alert['kind']))} {escape(str(alert['address']))}</td>"
            f"<td>accepted {_times(alert['times_accepted'])}</td></tr>"
            for alert in alerts
        )
        parts.append(
            f"<article><h2>{escape(str(first['title']))}</h2><p>{escape(str(first['body']))}</p>"
            f"<table>{rows}</table><code>{escape(nid)}</code></article>"
        )
    return "".join(parts) + "</body></html>"


def _times(count: object) -> str:
    return "once" if count == 1 else f"{count} times"

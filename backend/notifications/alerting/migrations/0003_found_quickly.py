"""What sweeps and previews look for by time, in tables of other rooms.

Each index is made by itself, and whoever writes to its table waits that long. Made concurrently it would
wait for every other statement, and a second program that waits for its turn to migrate is one: the two would wait for one
another."""

from django.db import migrations

INDEXES = {
    "alert_stage_moves": "crm_stagehistory (org_id, moved_at)",
    "alert_activities_done": "crm_activity (org_id, done_at) WHERE opportunity_id IS NOT NULL AND done_at IS NOT NULL",
    "alert_visits_planned": "field_visit (org_id, planned_end)",
    "alert_visits_made": "field_visit (org_id, ended_at) WHERE state = 'completed' AND deleted_at IS NULL",
    "alert_check_ins": "field_checkin (org_id, at)",
    "alert_moves_in": "territories_accountterritory (org_id, valid_from)",
    "alert_moves_out": "territories_accountterritory (org_id, valid_to) WHERE valid_to IS NOT NULL",
    "alert_plans_settled": "planning_visitplan (org_id, settled_at) WHERE status = 'accepted'",
}


class Migration(migrations.Migration):
    atomic = False  # so that no table is locked while the next one's index is made
    dependencies = [
        ("alerting", "0002_existing_orgs"),
        ("crm", "0005_opportunity_amounts"),
        ("field", "0008_stayed"),
        ("territories", "0007_spans_found_quickly"),
        ("planning", "0003_watched_runs"),
    ]
    operations = [
        migrations.RunSQL(
            f"CREATE INDEX IF NOT EXISTS {name} ON {columns}",
            f"DROP INDEX IF EXISTS {name}",
        )
        for name, columns in INDEXES.items()
    ]

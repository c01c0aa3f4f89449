"""How each column that a phone may edit is merged, and who may not read it; the models point here as FIELD_RULES."""

from backend.identity.models import OUTSIDERS
from backend.kit.field_rules import WHOLE, FieldRule, FieldRules, Merge

ASKED = FieldRule(Merge.MERGE)
"""Changed on both sides, a person decides."""

OURS: FieldRules = {WHOLE: FieldRule(hidden_from=OUTSIDERS)}
"""Whole rows that nobody outside the firm reads."""

ACCOUNT: FieldRules = {
    **dict.fromkeys(("name", "phone", "segment", "service_minutes", "visit_windows", "consent"), ASKED),
    "notes": FieldRule(Merge.TEXT),
    # The office says who is important; a phone is told.
    "tier": FieldRule(Merge.SERVER),
    "number": ASKED,
    # Two people at one shop pin what each of them knows of it.
    "tags": FieldRule(Merge.SET),
    "lifecycle": FieldRule(Merge.FSM),
    # It steers the planning of others: what the office set stands.
    "boost": FieldRule(Merge.SERVER_WINS, hidden_from=OUTSIDERS),
    # Each says how many were put up or taken down, not how many there are.
    "displays": FieldRule(Merge.COUNTER),
    "journal": FieldRule(Merge.APPEND),
}
ADDRESS: FieldRules = dict.fromkeys(
    ("verbatim", "street", "city", "region", "postcode", "country", "lat", "lng", "quality"), ASKED
)
CONTACT: FieldRules = dict.fromkeys(("full_name", "given_name", "family_name", "email", "phone"), ASKED)
RELATION: FieldRules = {"role": ASKED}
LEAD: FieldRules = dict.fromkeys(("company", "person_name", "phone", "email", "source"), ASKED)
OPPORTUNITY: FieldRules = {
    **dict.fromkeys(("name", "close_date"), ASKED),
    "amount": FieldRule(hidden_from=OUTSIDERS),
    "notes": FieldRule(Merge.TEXT),
    "stage": FieldRule(Merge.FSM),
}
OPPORTUNITY_LINE: FieldRules = {**OURS, **dict.fromkeys(("quantity", "unit_price"), ASKED)}
# What a person has to do, and how they wrote it down, is theirs: the last word is the owner's phone's.
ACTIVITY: FieldRules = dict.fromkeys(("subject", "body", "due_at"), FieldRule(Merge.CLIENT_WINS))

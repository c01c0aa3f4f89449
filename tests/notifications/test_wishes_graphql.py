"""Saying when and how one is disturbed, through the door a phone uses."""

import pytest

from backend.notifications.delivery import preferences
from backend.notifications.models import AlertPreference, AlertSettings, Delivery
from tests.notifications.story import Story
from tests.schema.conftest import Client

SETTINGS = """{ alertSettings { quietFrom quietTo workingHoursOnly digestTime budgetPerHour holdInVisit criticalAlways own }
  alertPreferences { rule channel mode } }"""
SET = """mutation($input: AlertSettingsInput!) { setAlertSettings(input: $input) {
  settings { quietFrom quietTo digestTime budgetPerHour own } } }"""
SET_ORG = SET.replace("setAlertSettings", "setOrgAlertSettings")
FORGET = "mutation { forgetAlertSettings { settings { own digestTime } } }"
PREFER = """mutation($input: AlertPreferenceInput!) { setAlertPreference(input: $input) {
  preferences { rule channel mode } } }"""
NIGHT = {"digestTime": "17:30:00", "quietFrom": "21:00:00", "quietTo": "07:00:00", "budgetPerHour": 6}


def test_who_said_nothing_may_be_disturbed_at_any_hour(story: Story) -> None:
    assert Client(story.ben)(SETTINGS) == {
        "alertSettings": {
            "quietFrom": None,
            "quietTo": None,
            "workingHoursOnly": False,
            "digestTime": "17:00:00",
            "budgetPerHour": None,
            "holdInVisit": True,
            "criticalAlways": True,
            "own": False,
        },
        "alertPreferences": [],
    }


def test_what_the_admin_says_for_all_stands_until_ben_says_otherwise_and_again_after(story: Story) -> None:
    assert Client(story.ben).refused(SET_ORG, input=NIGHT)["code"] == "ADMIN_ONLY"
    Client(story.dee)(SET_ORG, input=NIGHT)
    shown = Client(story.ben)(SETTINGS)["alertSettings"]
    assert (shown["quietFrom"], shown["budgetPerHour"], shown["own"]) == ("21:00:00", 6, False)
    own = Client(story.ben)(SET, input={"digestTime": "08:00:00"})["setAlertSettings"]["settings"]
    assert own == {"quietFrom": None, "quietTo": None, "digestTime": "08:00:00", "budgetPerHour": None, "own": True}
    assert Client(story.cy)(SETTINGS)["alertSettings"]["quietFrom"] == "21:00:00"
    again = Client(story.ben)(FORGET)["forgetAlertSettings"]["settings"]
    assert again == {"own": False, "digestTime": "17:30:00"}
    assert AlertSettings.objects.count() == 1


@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        ({"quietTo": None}, "QUIET_HOURS", "quietTo"),
        ({"quietFrom": None}, "QUIET_HOURS", "quietFrom"),
        ({"budgetPerHour": 0}, "OUT_OF_RANGE", "budgetPerHour"),
        ({"budgetPerHour": 1001}, "OUT_OF_RANGE", "budgetPerHour"),
    ],
)
def test_settings_that_say_nothing_sensible_are_refused(
    story: Story, given: dict[str, object], code: str, field: str
) -> None:
    refused = Client(story.ben).refused(SET, input={**NIGHT, **given})
    assert (refused["code"], list(refused["fields"])) == (code, [field])
    assert not AlertSettings.objects.exists()


def test_ben_says_how_he_hears_of_each_rule_and_takes_it_back(story: Story) -> None:
    ben = Client(story.ben)
    ben(PREFER, input={"channel": "email", "mode": "digest"})
    said = ben(PREFER, input={"rule": "visit.overdue", "channel": "push", "mode": "off"})
    assert said["setAlertPreference"]["preferences"] == [
        {"rule": "", "channel": "email", "mode": "digest"},
        {"rule": "visit.overdue", "channel": "push", "mode": "off"},
    ]
    modes = preferences.modes_of([story.ben.pk, story.cy.pk])
    assert modes.mode(story.ben.pk, "visit.overdue", "push", "high") == "off"
    assert modes.mode(story.ben.pk, "visit.overdue", "email", "high") == "digest"
    assert modes.mode(story.ben.pk, "orders.trend", "push", "low") == "digest"
    assert modes.mode(story.cy.pk, "visit.overdue", "push", "high") == "now"
    assert modes.mode(story.cy.pk, "visit.overdue", "email", "critical") == "off"
    ben(PREFER, input={"rule": "visit.overdue", "channel": "push", "mode": None})
    assert [one.channel for one in AlertPreference.objects.all()] == ["email"]
    assert Client(story.cy)(SETTINGS)["alertPreferences"] == []


@pytest.mark.parametrize(
    ("given", "field"),
    [({"channel": "pigeon", "mode": "now"}, "channel"), ({"channel": "push", "mode": "loud"}, "mode")],
)
def test_a_channel_or_a_mode_that_there_is_not_is_refused(story: Story, given: dict[str, str], field: str) -> None:
    refused = Client(story.ben).refused(PREFER, input=given)
    assert (refused["code"], list(refused["fields"])) == ("BAD_VALUE", [field])


def test_saying_so_lets_go_what_waits_for_oneself_alone(story: Story) -> None:
    story.phone(story.ben, "fid-ben")
    story.move(story.late)
    Delivery.objects.update(hold_reason="quiet")
    Client(story.cy)(SET, input=NIGHT)
    assert Delivery.objects.get().hold_reason == "quiet"
    Client(story.ben)(SET, input=NIGHT)
    assert Delivery.objects.get().hold_reason == ""


def test_who_is_not_signed_in_says_nothing(story: Story) -> None:
    del story
    for document, given in ((SETTINGS, {}), (SET, {"input": NIGHT}), (FORGET, {})):
        assert Client(None).refused(document, **given)["code"] == "NOT_SIGNED_IN"

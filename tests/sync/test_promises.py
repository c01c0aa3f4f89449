"""An appointment about an account changes hands with it: from the one phone to the other, and back."""

from datetime import timedelta

from backend.field import appointments
from backend.kit import clock
from backend.territories.alignment.undoing import roll_back
from tests.factories.replica import Phone, Replica, pulled, same_as_new
from tests.factories.world import World, acting
from tests.planning.test_realign import given_to_cy
from tests.territories.drafted import activated, worked


def holders(phones: list[Replica], entity_id: str) -> list[str]:
    """Pulls, and returns who holds the appointment now."""
    return [one.user.full_name for one in phones if entity_id in pulled(one).of("appointment")]


def test_an_appointment_is_on_one_reps_phone_at_a_time(field: World, phone: Phone) -> None:
    account = field.account("Ames Liquor", field.north)
    start = clock.now() + timedelta(days=20)
    fields = {"title": "Tasting", "starts_at": start, "ends_at": start + timedelta(hours=1), "account": account}
    row = appointments.make(actor=acting(field.ana), user=field.ana, fields=fields)
    phones = [phone(person) for person in (field.ana, field.ben, field.cy)]
    assert holders(phones, str(row.pk)) == ["Ana", "Ben"]
    done = activated(field, given_to_cy(field))
    assert done.effective_at is not None
    with clock.moved_to(done.effective_at + timedelta(seconds=1)):
        assert holders(phones, str(row.pk)) == ["Cy"]
        assert all(same_as_new(one, field) for one in phones)
        assert phones[2].of("appointment")[str(row.pk)]["accountId"] == str(account.pk)
        back = worked(roll_back(actor=acting(field.dee), alignment=done, note="no"))
        assert back.effective_at is not None
    with clock.moved_to(back.effective_at + timedelta(seconds=1)):
        assert holders(phones, str(row.pk)) == ["Ana", "Ben"]
        assert all(same_as_new(one, field) for one in phones)

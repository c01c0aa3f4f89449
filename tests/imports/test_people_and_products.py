"""Users, contacts and products by file."""

from decimal import Decimal

from backend.crm.models import AccountContactRelation, Contact, ExternalId, Product
from backend.identity.models import User
from tests.factories.world import World
from tests.imports.desk import Desk

USERS = """
target = "user"
source = "hr"
key = "id"
[fields]
username = { column = "name", clean = ["slug"] }
full_name = "name"
role = "role"
manager = "boss"
email = "mail"
"""
CONTACTS = """
target = "contact"
source = "erp"
key = "id"
[fields]
full_name = "name"
email = "mail"
account = "store"
account_role = "part"
"""
PRODUCTS = """
target = "product"
source = "erp"
key = "id"
[fields]
sku = "sku"
name = "name"
unit_price = "price"
"""


def test_people_come_in_under_their_manager_and_cannot_sign_in_yet(desk: Desk, field: World) -> None:
    ExternalId.objects.create(org=field.org, source="hr", entity="user", value="B", row_id=field.ben.pk)
    rows = "id,name,role,boss,mail\n1,Mei-Mei Johns,rep,B,mei@example.com\n2,Boris Faz,rep,,\n"
    file = desk.file("people.csv", rows)
    assert desk.bring(USERS, file).counts == (2, 0, 0, 0)
    mei = User.objects.get(username="mei_mei_johns")
    assert (mei.org, mei.manager, mei.full_name, mei.has_usable_password()) == (
        field.org, field.ben, "Mei-Mei Johns", False,
    )  # fmt: skip
    mei.set_password("a door of her own")
    mei.save()
    assert desk.bring(USERS, file).counts == (0, 0, 2, 0)
    mei.refresh_from_db()
    assert mei.check_password("a door of her own")


def test_people_who_cannot_be_are_refused(desk: Desk, field: World) -> None:
    ExternalId.objects.create(org=field.org, source="hr", entity="user", value="A", row_id=field.ana.pk)
    rows = "id,name,role,boss,mail\n1,Zoe,rep,,\n2,Dan,boss,,\n3,Eve,rep,A,\n4,Fay,rep,X,\n5,Gus,rep,,gus\n6,Hal,rep,,\n7,hal,rep,,\n"
    told = desk.bring(USERS, desk.file("people.csv", rows))
    assert told.counts == (1, 0, 0, 6)
    assert sorted(told.problems) == [
        "line 2: username: 'zoe' is taken [USERNAME_TAKEN]",
        "line 3: role: 'boss' is none of 'rep', 'manager', 'admin', 'partner' [UNKNOWN_CHOICE]",
        "line 4: manager: 'A' is no manager of others [MANAGER_ROLE]",
        "line 5: manager: no user 'X' from hr [UNKNOWN_REFERENCE]",
        "line 6: email: 'gus' is no e-mail address [NOT_AN_EMAIL]",
        "line 8: username: 'hal' is taken [USERNAME_TAKEN]",
    ]


def test_a_key_that_may_repeat_counts_once(desk: Desk) -> None:
    rows = "id,name,role,boss,mail\n1,Hal,rep,,\n1,Hal again,rep,,\n"
    told = desk.bring(USERS.replace("key =", 'repeat = "skip"\nkey ='), desk.file("people.csv", rows))
    assert (told.code, told.counts, User.objects.filter(username__startswith="hal").count()) == (0, (1, 0, 0, 0), 1)


def test_contacts_are_tied_to_their_store(desk: Desk, field: World) -> None:
    desk.stores("10")
    header = "id,name,mail,store,part\n"
    file = desk.file("contacts.csv", header + "1,María de la Vega,maria@example.com,10,buyer\n2,山田 太郎,,,\n")
    assert desk.bring(CONTACTS, file).counts == (2, 0, 0, 0)
    tie = AccountContactRelation.objects.get()
    assert (tie.contact.full_name, tie.account.number, tie.role) == ("María de la Vega", "10", "buyer")
    assert desk.bring(CONTACTS, file).counts == (0, 0, 2, 0)
    changed = desk.file("contacts.csv", header + "1,María de la Vega,maria@example.com,10,owner\n")
    assert desk.bring(CONTACTS, changed).counts == (0, 1, 0, 0)
    assert AccountContactRelation.objects.get().role == "owner"
    assert Contact.objects.count() == 2


def test_products_come_in_with_exact_prices(desk: Desk, field: World) -> None:
    rows = "id,sku,name,price\n1,G1,Gin,12.345\n2,G2,Rye,abc\n3,P1,Not ours,1\n4,G1,Twin,1\n5,G5,Rum,\n6,G6,Ale,-1\n"
    told = desk.bring(PRODUCTS, desk.file("products.csv", rows))
    assert told.counts == (2, 0, 0, 4)
    assert sorted(told.problems) == [
        "line 3: unit_price: 'abc' is not an amount [NOT_A_NUMBER]",
        "line 4: sku: 'P1' is another product's [SKU_TAKEN]",
        "line 5: sku: 'G1' is another product's [SKU_TAKEN]",
        "line 7: unit_price: '-1' is too large or too small [OUT_OF_RANGE]",
    ]
    prices = dict(Product.objects.exclude(pk=field.product.pk).values_list("sku", "unit_price"))
    assert prices == {"G1": Decimal("12.34"), "G5": None}

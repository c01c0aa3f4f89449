"""`fieldbeat routing fit` and `routing forget`, as an operator runs them."""

from tests.config.serving import run


def test_an_operator_is_told_what_there_is_to_learn_from(settings: dict[str, str]) -> None:
    unknown = run("routing", "fit", "nobody", env=settings)
    assert (unknown.returncode, unknown.stderr) == (1, "There is no org nobody.\n")
    made = run(
        "manage",
        "shell",
        "-c",
        "from backend.identity.models import *; Org.objects.create(slug='a', name='A')",
        env=settings,
    )
    assert made.returncode == 0, made.stderr
    told = run("routing", "fit", "a", env=settings)
    assert told.stdout == "Fewer than 100 drives between visits of one day are known yet: nothing to learn from.\n"
    assert run("routing", "forget", env=settings).stdout == "0 places are forgotten.\n"

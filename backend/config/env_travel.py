"""The settings of travel times."""

from backend.config import env_values as read
from backend.config.env_variable import Variable

TRAVEL: tuple[Variable, ...] = (
    Variable(
        "FIELDBEAT_ROUTING",
        "Whom to ask for travel times: osrm, valhalla, or great-circle, an estimate from the straight line. Page: planning.md.",
        "great-circle",
        "osrm",
        read.one_of("great-circle", "osrm", "valhalla"),
    ),
    Variable(
        "FIELDBEAT_ROUTING_URL",
        "The address of that road engine, one of yours: `fieldbeat routing serve` starts one.",
        None,
        "http://127.0.0.1:5000",
        read.http_base,
    ),
    Variable(
        "FIELDBEAT_ROUTING_TIMEOUT",
        "How many seconds the engine has for all the ways of one plan. After that the plan is made with the estimate, and says so.",
        "10",
        "30",
        read.number(0.1, 600),
    ),
    Variable(
        "FIELDBEAT_ROUTING_BLOCK",
        "The most places in one question to the engine; no more than it allows.",
        None,
        "1000",
        read.whole(2, 2_000),
        absent="100, what both engines allow unless told otherwise",
    ),
    Variable(
        "FIELDBEAT_ROUTING_FACTOR",
        "What the engine's times are multiplied with, for traffic, parking and the way to the door.",
        "1",
        "1.2",
        read.number(0.2, 5),
    ),
    Variable(
        "FIELDBEAT_ROUTING_CACHE_DAYS",
        "How many days the engine's answers are kept; 0 to ask each time.",
        "30",
        "7",
        read.whole(0, 365),
    ),
    Variable(
        "FIELDBEAT_TRAVEL_CAUTION",
        "What estimated times are multiplied with: more, and fewer visits are late; less, and more are planned.",
        "1.25",
        "1.15",
        read.number(0.5, 3),
    ),
)

"""The documents this phone sends and the messages it gets; docs/sync.md is the contract."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

PROTOCOL = 2
PAGE_LIMIT = 500
PUSH_LIMIT = 100
PUSH_BYTES = 512 * 1024
MUTATION_BYTES = 64 * 1024

Row = dict[str, Any]
"""One replicated row: wire column to JSON value."""


@dataclass(frozen=True, slots=True)
class Document:
    """A GraphQL operation; `name` is its operationName."""

    name: str
    text: str

    @property
    def id(self) -> str:
        """Returns the SHA-256 of the text, under which the manifest of this build names it."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def asked(self, variables: Mapping[str, Any], *, named: bool) -> dict[str, Any]:
        """Returns what is sent: the document by its id, or whole."""
        what = {"documentId": f"sha256:{self.id}"} if named else {"query": self.text}
        return {**what, "operationName": self.name, "variables": dict(variables)}


_SESSION = "accessToken accessExpiresAt refreshToken deviceId"

SIGN_IN = Document(
    "SignIn",
    "mutation SignIn($input: SignInInput!) { signIn(input: $input) { session { "
    f"{_SESSION} user {{ id username fullName role }} }} }} }}",
)
REFRESH = Document(
    "RefreshSession",
    "mutation RefreshSession($token: String!) { refreshSession(refreshToken: $token) { session { "
    f"{_SESSION} }} }} }}",
)
SYNC_PULL = Document(
    "SyncPull",
    "query SyncPull($device: UUID!, $protocol: Int!, $cursor: String, $limit: Int, $pending: Int) { "
    "syncPull(deviceId: $device, protocol: $protocol, cursor: $cursor, limit: $limit, pending: $pending) { "
    "ops cursor complete more lastSeq epoch serverTime reset counts ready warnings } }",
)
SYNC_PUSH = Document(
    "SyncPush",
    "mutation SyncPush($device: UUID!, $protocol: Int!, $mutations: [SyncMutationInput!]!) { "
    "syncPush(deviceId: $device, protocol: $protocol, mutations: $mutations) { "
    "lastSeq halt message results { seq id status code message fields issueId replayed } } }",
)
SYNC_POKE = Document("SyncPoke", "subscription SyncPoke($device: UUID!) { syncPoke(deviceId: $device) { reason } }")
OPPORTUNITY_CHANGED = Document(
    "OpportunityChanged",
    "subscription OpportunityChanged { opportunityChanged { opportunity { id name stage { name } amount } } }",
)
_PLAN = "id day leaveAt backAt figures stops { accountId account { name } fixed arrival plannedStart plannedEnd why }"
_DROP = "accountId account { name } reason detail"
PROPOSE_DAY = Document(
    "ProposeDay",
    "mutation ProposeDay($input: ProposeDayInput!) { proposeDay(input: $input) { plan { "
    f"{_PLAN} drops {{ {_DROP} }} }} }} }}",
)
REPLAN_FROM_HERE = Document(
    "ReplanFromHere",
    "mutation ReplanFromHere($input: ReplanFromHereInput!) { replanFromHere(input: $input) { plan { "
    f"{_PLAN} drops {{ {_DROP} }} }} }} }}",
)
ACCEPT_PLAN = Document(
    "AcceptPlan",
    "mutation AcceptPlan($plan: UUID!, $replace: Boolean!) { acceptPlan(planId: $plan, replace: $replace) { "
    "plan { status } visits { id } } }",
)
PROPOSE_WEEK = Document(
    "ProposeWeek", "mutation ProposeWeek($input: ProposeRunInput!) { proposeWeek(input: $input) { run { id } } }"
)
RUN_PROGRESS = Document(
    "RunProgress",
    "subscription RunProgress($run: UUID!) { planRunProgress(runId: $run) { run { "
    "state finishedAt parts { id figures firstPlanAt } } } }",
)
RUN_PART = Document(
    "RunPart",
    "query RunPart($part: UUID!) { planPart(id: $part) { figures trouble { code message } "
    f"plans {{ {_PLAN} }} drops {{ {_DROP} }} }} }}",
)
CANCEL_RUN = Document("CancelRun", "mutation CancelRun($run: UUID!) { cancelPlanRun(runId: $run) { run { state } } }")
PLAN_RUNS = Document(
    "PlanRuns",
    "query PlanRuns { planRuns(first: 50) { nodes { id kind scope firstDay days state createdAt leader { fullName } } } }",
)
PUBLISH_RUN = Document(
    "PublishRun",
    "mutation PublishRun($run: UUID!) { publishPlanRun(runId: $run) { parts { visits { id } "
    "trouble { code message fields } } } }",
)
REGISTER_PUSH = Document(
    "RegisterPushAddress",
    "mutation RegisterPushAddress($input: PushAddressInput!) { "
    "registerPushAddress(input: $input) { pushAddress { id } } }",
)
ACKNOWLEDGE = Document(
    "AcknowledgeAlert",
    "mutation AcknowledgeAlert($input: AlertAckInput!) { acknowledgeAlert(input: $input) { ack { deviceId openedAt } } }",
)


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a pull. `counts`: rows to come by entity, on the first page of a first sync only.

    `ready`: the highest priority of which nothing is missing any more: 0 is the coming days, 1 the rest, 2 history."""

    ops: list[Row]
    cursor: str | None
    complete: bool
    more: bool
    last_seq: int
    epoch: str
    server_time: str
    reset: str | None
    counts: dict[str, int] | None
    ready: int | None = None
    warnings: tuple[str, ...] = ()

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> "Page":
        """Reads the value of `syncPull`."""
        return cls(
            ops=list(data["ops"] or []),
            cursor=data["cursor"],
            complete=bool(data["complete"]),
            more=bool(data["more"]),
            last_seq=int(data["lastSeq"]),
            epoch=str(data["epoch"]),
            server_time=str(data["serverTime"]),
            reset=data["reset"],
            counts=data.get("counts"),
            ready=data.get("ready"),
            warnings=tuple(data.get("warnings") or ()),
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one mutation: APPLIED, MERGED, CONFLICT or REJECTED."""

    seq: int
    id: str
    status: str
    code: str | None = None
    message: str | None = None
    fields: dict[str, str] = field(default_factory=dict)
    issue_id: str | None = None
    replayed: bool = False

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> "Answer":
        """Reads one of `syncPush.results`."""
        return cls(
            seq=int(data["seq"]),
            id=str(data["id"]),
            status=str(data["status"]),
            code=data.get("code"),
            message=data.get("message"),
            fields=dict(data.get("fields") or {}),
            issue_id=data.get("issueId"),
            replayed=bool(data.get("replayed")),
        )


@dataclass(frozen=True, slots=True)
class PushReply:
    """The answers of a push, and why it stopped before its end, if it did: SEQ_GAP, DEVICE_FORKED or BUSY."""

    last_seq: int
    answers: list[Answer]
    halt: str | None
    message: str | None

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> "PushReply":
        """Reads the value of `syncPush`."""
        return cls(
            last_seq=int(data["lastSeq"]),
            answers=[Answer.of(one) for one in data["results"] or []],
            halt=data["halt"],
            message=data["message"],
        )


@dataclass(frozen=True, slots=True)
class Session:
    """Who is signed in, and the tokens of this device. Kept as JSON in the replica, readable by its owner only."""

    server: str
    access_token: str
    refresh_token: str
    device_id: str
    user_id: str
    username: str
    full_name: str
    role: str

    def renewed(self, data: Mapping[str, Any]) -> "Session":
        """Returns this session with the tokens of `refreshSession.session`."""
        return Session(
            server=self.server,
            access_token=str(data["accessToken"]),
            refresh_token=str(data["refreshToken"]),
            device_id=self.device_id,
            user_id=self.user_id,
            username=self.username,
            full_name=self.full_name,
            role=self.role,
        )

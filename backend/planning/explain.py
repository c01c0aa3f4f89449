"""Why somebody is left out, in words that name what stands in the way."""

from backend.planning.candidates import Candidate
from backend.planning.load import Span
from backend.planning.solver.solve import Drop, Reason

NAMED = 2


def detail(span: Span, candidate: Candidate, drop: Drop) -> str:
    """Returns one sentence on why the solver left the candidate out, at most 300 characters."""
    match drop.reason:
        case Reason.NO_WINDOW_FITS if candidate.closed:
            return "Closed on that day." if len(span.days) == 1 else "Closed on all of these days."
        case Reason.NO_WINDOW_FITS if candidate.fixed:
            return "The appointment cannot be kept within the working hours and the way there and back."
        case Reason.NO_WINDOW_FITS:
            return "Even on an empty day the opening hours and the way there and back do not meet the working hours."
        case Reason.NOT_REACHABLE:
            return "There is no way there and back."
        case Reason.TOO_SOON:
            return too_soon(candidate, [span.candidates[name] for name in drop.displaced_by])
        case Reason.DAY_FULL:
            return day_full(candidate, [span.candidates[name] for name in drop.displaced_by], drop.cost)
        case _:
            return unlocated_detail()


def unlocated_detail() -> str:
    """Returns the sentence for an account that no map knows."""
    return "Nobody knows where it is: its address has no point."


def removed_detail() -> str:
    """Returns the sentence for an account that somebody took out."""
    return "Taken out of the plan by hand."


def too_soon(candidate: Candidate, others: list[Candidate]) -> str:
    """Returns what it would come too near to."""
    if any(one.stays for one in others):
        return "Too soon: it would come within half the interval of a visit that stays."
    return (
        f"Too soon: it is worth {candidate.prize}, and would come within half the interval of a visit worth "
        f"{sum(one.prize for one in others)}."
    )


def day_full(candidate: Candidate, displaced: list[Candidate], cost: float) -> str:
    """Returns what would have to go, by name, and the two worths."""
    names = [one.name[:80] for one in displaced[:NAMED]]
    if len(displaced) > NAMED:
        names.append(f"{len(displaced) - NAMED} more")
    listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    if candidate.fixed:
        return f"The appointment clashes with {listed}."
    if any(one.stays for one in displaced):
        staying = "an appointment" if any(one.fixed for one in displaced) else "a locked stop"
        return f"Day full: there is room only in place of {listed}, and {staying} stays."
    return f"Day full: it is worth {candidate.prize}, and would take the place of {listed}, worth {cost:.0f}."

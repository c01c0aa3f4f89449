"""The plain way to plan: again and again the visit that earns most for the time it takes."""

from collections.abc import Iterable, Sequence

from backend.planning.solver.insertion import Line, Place
from backend.planning.solver.problem import Client, Problem
from backend.planning.solver.spacing import crowded


def construct(problem: Problem, clients: Iterable[Client]) -> list[Line]:
    """Returns a possible plan of these clients, best prize per added time first, required clients before all others;
    locked clients are in it from the beginning."""
    lines = [Line(problem, shift) for shift in problem.shifts]
    locked = problem.locked_on
    everyone = [client for client in clients if client.id not in locked]
    insert_all(lines, [client for client in everyone if client.required])
    insert_all(lines, [client for client in everyone if not client.required])
    return lines


def insert_all(lines: list[Line], clients: Iterable[Client]) -> list[Client]:
    """Inserts into `lines` whatever fits, and returns the clients that do not, or of whose group another is served."""
    everyone = list(clients)
    taken = groups_of(lines)
    waiting = {client.id: client for client in everyone if client.group not in taken}
    inserted: set[str] = set()
    served = [(line.shift, stop) for line in lines for stop in line.stops if stop.id in line.problem.kin]

    def place(line: Line, client: Client) -> Place | None:
        return None if crowded(line.problem, line.shift, client, served) else line.best_place(client)

    places = {name: [place(line, client) for line in lines] for name, client in waiting.items()}
    while True:
        choices = [
            (worth(waiting[name], found), name, number, found.position)
            for name, row in places.items()
            for number, found in enumerate(row)
            if found is not None
        ]
        if not choices:
            return [client for client in everyone if client.id not in inserted]
        _, name, number, position = min(choices)
        client = waiting[name]
        lines[number].insert(position, client)
        inserted.add(name)
        rivals = [one.id for one in waiting.values() if client.group is not None and one.group == client.group]
        for gone in rivals or [name]:
            del waiting[gone], places[gone]
        served.append((lines[number].shift, client))
        kin = lines[number].problem.kin.get(name, {})
        for other, row in places.items():
            if other in kin:
                row[:] = [place(line, waiting[other]) for line in lines]
            else:
                row[number] = place(lines[number], waiting[other])


def groups_of(lines: Sequence[Line]) -> set[str | None]:
    """Returns the groups of which one is served."""
    return {stop.group for line in lines for stop in line.stops if stop.group is not None}


def worth(client: Client, place: Place) -> tuple[float, int]:
    """Returns the rank of an insertion, smaller is better; squared prizes gave 7.5 % gap, plain ones 10.0 %."""
    # On a lopsided matrix a stop can save time.
    return -(client.prize**2) / (max(0, place.added) + 1), place.added

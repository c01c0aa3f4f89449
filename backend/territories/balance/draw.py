"""A proposal as a picture (SVG or PNG) or as GeoJSON: territories, their accounts, what moves, and the figures beside them."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely
from shapely import affinity
from shapely.geometry import mapping
from shapely.geometry.base import BaseGeometry

from backend.kit.errors import Invalid
from backend.territories.balance.canvas import Canvas, Png, Svg
from backend.territories.balance.medians_state import Floats, Ints
from backend.territories.balance.propose import Proposal
from backend.territories.balance.shapes import on_earth, territory_shapes

# Light enough for dots and names upon them; neighbours never share one (see _colours).
FILLS = ("#a6cee3", "#fdbf6f", "#b2df8a", "#cab2d6", "#fb9a99", "#e6d690", "#9fd9cb", "#d9bfa3", "#f4b6d6", "#bcc4d0")
DOTS = ("#1f78b4", "#c86400", "#33802c", "#6a3d9a", "#c2191c", "#8a7412", "#137a66", "#7a5230", "#a8327d", "#4a5568")
PANEL, MARGIN, TOP, ROW = 720, 24, 76, 20
MOST_ROWS = 32


@dataclass(frozen=True, slots=True)
class _Panel:
    title: str
    territory: Ints
    shapes: list[BaseGeometry]


def draw_to(path: Path, found: Proposal) -> None:
    """Writes a proposal as the ending of `path` asks: .svg, .png or .geojson. Raises Invalid NO_MAP for GeoJSON of a plane."""
    if path.suffix.lower() == ".geojson":
        path.write_text(json.dumps(geojson(found)) + "\n", encoding="utf-8")
    else:
        picture(found, Png if path.suffix.lower() == ".png" else Svg).save(path)


def geojson(found: Proposal) -> dict[str, object]:
    """Returns the territories as a FeatureCollection (RFC 7946), cut at the antimeridian; raises Invalid NO_MAP."""
    table = found.table
    if table.earth is None:
        raise Invalid("NO_MAP", "A GeoJSON map needs columns lat and lon.", fields={"map": "no longitudes"})
    shapes = territory_shapes(table.x, table.y, found.territory, len(found.names))
    features = []
    for name, shape in zip(found.names, shapes, strict=True):
        if shape.is_empty:
            continue
        earthly = _cut_at_antimeridian(on_earth(shape, table.x, table.y, table.earth))
        features.append(
            {
                "type": "Feature",
                "properties": {"name": name, **found.figures["territories"][name]},
                "geometry": mapping(shapely.set_precision(earthly, 1e-5)),
            }
        )
    return {"type": "FeatureCollection", "features": features}


def _cut_at_antimeridian(shape: BaseGeometry) -> BaseGeometry:
    if shape.bounds[2] <= 180.0 and shape.bounds[0] >= -180.0:
        return shape
    parts = []
    for turn in (-360.0, 0.0, 360.0):
        part = shapely.intersection(shape, shapely.box(-180.0 + turn, -90.0, 180.0 + turn, 90.0))
        if not part.is_empty:
            parts.append(affinity.translate(part, xoff=-turn))
    return shapely.union_all(parts)


def picture(found: Proposal, sheet: Callable[[int, int], Canvas]) -> Canvas:
    """Returns the drawn sheet: one map, or before and after where accounts lay somewhere already."""
    table, k = found.table, len(found.names)
    panels = [_Panel("proposed", found.territory, territory_shapes(table.x, table.y, found.territory, k))]
    if (found.before >= 0).all():
        off = (
            f"today: within {found.figures['today']['deviation']:.1%} of the mean"
            if found.figures.get("today")
            else "today"
        )
        panels.insert(0, _Panel(off, found.before, territory_shapes(table.x, table.y, found.before, k)))
        panels[1] = _Panel("proposed (moved accounts ringed)", panels[1].territory, panels[1].shapes)
    bounds = np.array([shapely.union_all(panels[-1].shapes).bounds])[0]
    wide, high = max(bounds[2] - bounds[0], 1e-9), max(bounds[3] - bounds[1], 1e-9)
    scale = min(PANEL / wide, PANEL / high)
    map_wide, map_high = int(wide * scale), int(high * scale)
    rows = _legend(found)
    columns = -(-len(rows) // MOST_ROWS)
    legend_wide = columns * 250
    width = MARGIN + len(panels) * (map_wide + MARGIN) + legend_wide + MARGIN
    height = TOP + max(map_high, min(len(rows), MOST_ROWS) * ROW + 10) + MARGIN
    canvas = sheet(width, height)
    canvas.text((MARGIN, 26), _title(found), 20)
    colours = _colours(panels[-1].shapes)
    for number, panel in enumerate(panels):
        left = MARGIN + number * (map_wide + MARGIN)

        def place(at: Floats, left: float = left) -> Floats:
            return np.column_stack((left + (at[:, 0] - bounds[0]) * scale, TOP + (bounds[3] - at[:, 1]) * scale))

        canvas.text((left, 58), panel.title, 14)
        _draw_panel(canvas, found, panel, colours, place)
    _draw_legend(canvas, rows, colours, width - MARGIN - legend_wide)
    return canvas


def _draw_panel(
    canvas: Canvas, found: Proposal, panel: _Panel, colours: list[int], place: Callable[[Floats], Floats]
) -> None:
    table = found.table
    for one, shape in enumerate(panel.shapes):
        for part in shapely.get_parts(shapely.transform(shape, place)):
            if part.geom_type == "Polygon":
                canvas.area(part, FILLS[colours[one]], "#ffffff")
    spots = place(np.column_stack((table.x, table.y)))
    radius = 3.0 if len(spots) <= 1000 else 2.0 if len(spots) <= 4000 else 1.2
    moved = (found.before >= 0) & (found.before != found.territory)
    for point in np.argsort(moved, kind="stable").tolist():
        ring = "#111111" if moved[point] and panel.territory is found.territory else None
        dot = DOTS[colours[panel.territory[point]]]
        canvas.dot((spots[point, 0], spots[point, 1]), radius + (1.5 if ring else 0.0), dot, ring)
    for one, shape in enumerate(panel.shapes):
        if not shape.is_empty and len(panel.shapes) <= 60:
            at = place(shapely.get_coordinates(shapely.point_on_surface(shape)))[0]
            canvas.text((at[0], at[1]), found.names[one], 13, anchor="middle", halo=True)


def _colours(shapes: list[BaseGeometry]) -> list[int]:
    """Returns a colour for each territory, unlike those of its neighbours as long as there are colours."""
    chosen: list[int] = []
    for one, shape in enumerate(shapes):
        near = {chosen[other] for other in range(one) if not shape.is_empty and shape.distance(shapes[other]) < 1e-9}
        free = [colour for colour in range(len(FILLS)) if colour not in near]
        used = [chosen.count(colour) for colour in range(len(FILLS))]
        chosen.append(min(free or range(len(FILLS)), key=lambda colour: (used[colour], colour)))
    return chosen


def _title(found: Proposal) -> str:
    figures = found.figures
    told = f"{figures['accounts']:,} accounts in {figures['k']} territories by {figures['by']}"
    if "capacity" in figures:
        return f"{told}, at most {figures['capacity']:g} each"
    moved = "" if figures["moved"] is None else f", {figures['moved']} moved"
    return f"{told}: within {figures['deviation']:.1%} of the mean{moved}"


def _legend(found: Proposal) -> list[tuple[int, str]]:
    rows = []
    for one, name in enumerate(found.names):
        figures = found.figures["territories"][name]
        off = f" ({figures['deviation']:+.1%})" if "deviation" in figures else ""
        rows.append((one, f"{name[:18]}: {figures['accounts']}, {_short(figures['load'])}{off}"))
    return rows if len(rows) <= 3 * MOST_ROWS else []


def _short(load: float) -> str:
    return f"{load:,.0f}" if load >= 100 else f"{load:,.4g}"


def _draw_legend(canvas: Canvas, rows: list[tuple[int, str]], colours: list[int], left: float) -> None:
    if rows:
        canvas.text((left, 58), "territory: accounts, load", 14)
    for number, (one, told) in enumerate(rows):
        x, y = left + number // MOST_ROWS * 250, TOP + 10 + number % MOST_ROWS * ROW
        canvas.box((x, y - 7), (14, 14), FILLS[colours[one]])
        canvas.dot((x + 7, y), 3.0, DOTS[colours[one]])
        canvas.text((x + 22, y), told, 13)

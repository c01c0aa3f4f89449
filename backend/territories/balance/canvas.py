"""Two sheets to draw on with the same strokes: SVG text, and PNG by Pillow. Coordinates are pixels, down from the top left."""

from pathlib import Path
from typing import Protocol
from xml.sax.saxutils import escape

from PIL import Image, ImageDraw, ImageFont
from shapely.geometry import Polygon

Point = tuple[float, float]

_ANCHORS = {"start": "lm", "middle": "mm", "end": "rm"}


class Canvas(Protocol):
    """What a picture needs of a sheet."""

    def area(self, shape: Polygon, fill: str, line: str) -> None: ...

    def dot(self, at: Point, radius: float, fill: str, line: str | None = None) -> None: ...

    def box(self, at: Point, size: Point, fill: str) -> None: ...

    def text(self, at: Point, words: str, size: float, *, anchor: str = "start", halo: bool = False) -> None: ...

    def save(self, path: Path) -> None: ...


class Svg:
    """An SVG sheet."""

    def __init__(self, width: int, height: int) -> None:
        self._parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif">',
            f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        ]

    def area(self, shape: Polygon, fill: str, line: str) -> None:
        """Draws a polygon with its holes."""
        rings = [shape.exterior, *shape.interiors]
        path = "".join("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in ring.coords[:-1]) + "Z" for ring in rings)
        self._parts.append(f'<path d="{path}" fill="{fill}" fill-rule="evenodd" stroke="{line}" stroke-width="1.2"/>')

    def dot(self, at: Point, radius: float, fill: str, line: str | None = None) -> None:
        """Draws a circle."""
        edge = f' stroke="{line}" stroke-width="1.6"' if line else ""
        self._parts.append(f'<circle cx="{at[0]:.1f}" cy="{at[1]:.1f}" r="{radius:.1f}" fill="{fill}"{edge}/>')

    def box(self, at: Point, size: Point, fill: str) -> None:
        """Draws a filled rectangle."""
        self._parts.append(
            f'<rect x="{at[0]:.1f}" y="{at[1]:.1f}" width="{size[0]:.1f}" height="{size[1]:.1f}" fill="{fill}"/>'
        )

    def text(self, at: Point, words: str, size: float, *, anchor: str = "start", halo: bool = False) -> None:
        """Writes a line of text; `at` is the middle of its height."""
        around = ' stroke="#ffffff" stroke-width="4" paint-order="stroke"' if halo else ""
        self._parts.append(
            f'<text x="{at[0]:.1f}" y="{at[1] + size * 0.36:.1f}" font-size="{size:g}" text-anchor="{anchor}"{around}'
            f' fill="#1d2733">{escape(words)}</text>'
        )

    def save(self, path: Path) -> None:
        """Writes the file."""
        path.write_text("\n".join([*self._parts, "</svg>"]) + "\n", encoding="utf-8")


class Png:
    """A PNG sheet, drawn twice as large and then halved, so that edges are smooth."""

    def __init__(self, width: int, height: int) -> None:
        self._size = (width, height)
        self._image = Image.new("RGB", (2 * width, 2 * height), "#ffffff")
        self._draw = ImageDraw.Draw(self._image)

    def area(self, shape: Polygon, fill: str, line: str) -> None:
        """Draws a polygon with its holes."""
        mask = Image.new("1", self._image.size)
        pen = ImageDraw.Draw(mask)
        pen.polygon(_twice(shape.exterior.coords), fill=1)
        for hole in shape.interiors:
            pen.polygon(_twice(hole.coords), fill=0)
        self._image.paste(fill, mask=mask)
        for ring in (shape.exterior, *shape.interiors):
            self._draw.line(_twice(ring.coords), fill=line, width=3, joint="curve")

    def dot(self, at: Point, radius: float, fill: str, line: str | None = None) -> None:
        """Draws a circle."""
        x, y, r = 2 * at[0], 2 * at[1], 2 * radius
        self._draw.ellipse((x - r, y - r, x + r, y + r), fill=fill, outline=line, width=3 if line else 0)

    def box(self, at: Point, size: Point, fill: str) -> None:
        """Draws a filled rectangle."""
        self._draw.rectangle((2 * at[0], 2 * at[1], 2 * (at[0] + size[0]), 2 * (at[1] + size[1])), fill=fill)

    def text(self, at: Point, words: str, size: float, *, anchor: str = "start", halo: bool = False) -> None:
        """Writes a line of text; `at` is the middle of its height."""
        self._draw.text(
            (2 * at[0], 2 * at[1]),
            words,
            fill="#1d2733",
            font=ImageFont.load_default(2 * size),
            anchor=_ANCHORS[anchor],
            stroke_width=4 if halo else 0,
            stroke_fill="#ffffff",
        )

    def save(self, path: Path) -> None:
        """Writes the file."""
        self._image.resize(self._size, Image.Resampling.LANCZOS).save(path, optimize=True)


def _twice(coords: object) -> list[Point]:
    return [(2 * at[0], 2 * at[1]) for at in coords]  # type: ignore[attr-defined]

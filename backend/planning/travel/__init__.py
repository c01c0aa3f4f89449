"""Travel times: the straight line with a fitted speed, or a road engine asked over HTTP; never silence about which."""

from backend.planning.travel.great_circle import GreatCircle, Profile, straight_m
from backend.planning.travel.matrix import UNREACHABLE, Matrix, Provider

__all__ = ["UNREACHABLE", "GreatCircle", "Matrix", "Profile", "Provider", "straight_m"]

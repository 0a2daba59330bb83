"""Turns points around the origin, each by an angle of its own.

In numpy 2.4.0, assigning to `array.flat[...]` leaks the iterator, and eye() does that (numpy issue
30508). The iterator is native memory: no tool that watches Python's allocators alone sees it.
"""

import math

import numpy

ANGLES = [math.pi / number for number in range(1, 33)]


def turning(angle):
    matrix = numpy.eye(3)
    matrix[:2, :2] *= math.cos(angle)
    matrix[0, 1], matrix[1, 0] = -math.sin(angle), math.sin(angle)
    return matrix


def main(req) -> str:
    point = numpy.array([1.0, 2.0, 0.0])
    for angle in ANGLES:
        point = turning(angle) @ point
    return "{:.3f}, {:.3f}".format(point[0], point[1])

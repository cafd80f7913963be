"""Writes augment.safetensors: what OpenCV and SciPy make of one picture, to test augmentation against.

    python3 tests/golden/augment.py        # Debian: python3-opencv python3-scipy

Each case is named as in augment_test.ts and holds `image` and, where pixels move, `mask`.
"""

import json
import pathlib
import struct

import cv2
import numpy as np
from scipy.ndimage import map_coordinates

SIDE = 64

y, x = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32)
image = np.stack([
    150 + 60 * np.sin(x / 7) * np.cos(y / 9), 120 + 70 * np.sin((x + 2 * y) / 11), 170 + 50 * np.cos((x - y) / 8)], -1)
image[10:24, 30:50] = [230, 60, 90]
image[40:60, 8:20] = [40, 45, 42]
image[50:56, 40:60] = [245, 244, 250]
image = np.clip(np.round(image), 0, 255).astype(np.uint8)
mask = ((x - 36) ** 2 + (y - 27) ** 2 < 17 ** 2).astype(np.uint8)

tensors = {"image": image, "mask": mask}


def add(name, picture, moved=None):
    tensors[name + "/image"] = picture
    if moved is not None:
        tensors[name + "/mask"] = moved


def affine(picture, matrix, flags=cv2.INTER_LINEAR):
    return cv2.warpAffine(picture, matrix, (SIDE, SIDE), flags=flags, borderMode=cv2.BORDER_REFLECT_101)


def remap(picture, map_x, map_y, flags=cv2.INTER_LINEAR):
    return cv2.remap(picture, map_x.astype(np.float32), map_y.astype(np.float32), flags, borderMode=cv2.BORDER_REFLECT_101)


def both(name, move, picture=image, label=mask):
    add(name, move(picture, cv2.INTER_LINEAR), move(label, cv2.INTER_NEAREST))


both("flips", lambda p, _: np.ascontiguousarray(np.rot90(cv2.flip(p, -1), 1)))
both("turn", lambda p, _: np.ascontiguousarray(np.rot90(cv2.flip(p, 1), 3)))

matrix = cv2.getRotationMatrix2D((SIDE / 2, SIDE / 2), 13.0, 0.83)
matrix[:, 2] += [0.06 * SIDE, -0.04 * SIDE]
both("affine", lambda p, f: affine(p, matrix, f))

points = np.float32([[5, 5], [5, 1], [1, 1]]) / 6 * SIDE
moves = np.float32([[0.04, -0.03], [-0.02, 0.045], [0.01, 0.03]])
corners = cv2.getAffineTransform(points, points + moves * SIDE)
coefficients = (np.arange(15 * 15 * 2).reshape(15, 15, 2) * 37 % 19 - 9).astype(np.float64) / 300 * SIDE
where = [(y / SIDE * 12 + 1).ravel(), (x / SIDE * 12 + 1).ravel()]
field = [map_coordinates(coefficients[..., i], where, order=3, prefilter=False).reshape(SIDE, SIDE) for i in (0, 1)]
both("elastic", lambda p, f: remap(affine(p, corners, f), x + field[0], y + field[1], f))

middle = (SIDE - 1) / 2
camera = np.float32([[SIDE, 0, middle], [0, SIDE, middle], [0, 0, 1]])
for k in (-0.05, 0.05):
    maps = cv2.initUndistortRectifyMap(camera, np.float32([k, k, 0, 0, 0]), None, camera, (SIDE, SIDE), cv2.CV_32FC1)
    both(f"optical{k}", lambda p, f: remap(p, *maps, f))

knots = np.arange(6) * SIDE / 5
grid_x = np.interp(x, knots, knots + np.cumsum([0, 0.2, -0.3, 0.1, 0.25, -0.1]) * SIDE / 5)
grid_y = np.interp(y, knots, knots + np.cumsum([0, -0.25, 0.15, 0.3, -0.2, 0.1]) * SIDE / 5)
both("grid", lambda p, f: remap(p, grid_x, grid_y, f))

# Two triangles a cell, split from its upper right to its lower left corner.
offsets = (np.arange(4 * 4 * 2).reshape(4, 4, 2) * 23 % 13 - 6) / 120 * SIDE
piece_x, piece_y = x.copy(), y.copy()
for row in range(3):
    for column in range(3):
        for three in ([(0, 0), (0, 1), (1, 0)], [(1, 1), (1, 0), (0, 1)]):
            at = np.float64([(column + j, row + i) for i, j in three]) * SIDE / 3
            to = at + [offsets[row + i, column + j] for i, j in three]
            solved = np.linalg.solve(np.c_[at, np.ones(3)], to)
            inside = (x // (SIDE / 3) == column) & (y // (SIDE / 3) == row)
            inside &= ((x + y) * 3 / SIDE - column - row < 1) == (three[0] == (0, 0))
            piece_x[inside] = (np.stack([x, y, np.ones_like(x)], -1) @ solved)[inside][:, 0]
            piece_y[inside] = (np.stack([x, y, np.ones_like(x)], -1) @ solved)[inside][:, 1]
both("piecewise", lambda p, f: remap(p, piece_x, piece_y, f))

for taps in (3, 5, 7):
    add(f"blur{taps}", cv2.GaussianBlur(image, (taps, taps), 0))

for name, shift in (("hsv", (-11.6, 21.3)), ("hsv_other", (14.2, -24.9))):
    hue, saturation, value = cv2.split(cv2.cvtColor(image, cv2.COLOR_RGB2HSV))
    every = np.arange(256, dtype=np.float64)
    hue = cv2.LUT(hue, np.mod(every + shift[0], 180).astype(np.uint8))
    saturation = cv2.LUT(saturation, np.clip(every + shift[1], 0, 255).astype(np.uint8))
    add(name, cv2.cvtColor(cv2.merge([hue, saturation, value]), cv2.COLOR_HSV2RGB))

large = cv2.resize(image, (2 * SIDE, 2 * SIDE), interpolation=cv2.INTER_CUBIC)
tensors["large"] = large
for clip in (1.3, 2.0):
    lab = cv2.cvtColor(large, cv2.COLOR_RGB2LAB)
    lab[..., 0] = cv2.createCLAHE(clipLimit=clip, tileGridSize=(8, 8)).apply(lab[..., 0])
    add(f"clahe{clip}", cv2.cvtColor(lab, cv2.COLOR_LAB2RGB))

for name, (brightness, contrast) in (("brighter", (0.21, -0.17)), ("darker", (-0.3, 0.3))):
    table = np.clip(np.arange(256, dtype=np.float32) * (1 + contrast) + brightness * 255, 0, 255).astype(np.uint8)
    add(name, cv2.LUT(image, table))

header, data = {}, b""
for name, tensor in tensors.items():
    raw = np.ascontiguousarray(tensor).tobytes()
    header[name] = {"dtype": "U8", "shape": tensor.shape, "data_offsets": [len(data), len(data) + len(raw)]}
    data += raw
text = json.dumps(header).encode()
text += b" " * (-len(text) % 8)
target = pathlib.Path(__file__).with_name("augment.safetensors")
target.write_bytes(struct.pack("<Q", len(text)) + text + data)

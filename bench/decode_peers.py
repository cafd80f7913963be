"""Reads a slide in tiles, as a peer of Tilewise's bench: the whole level 0 for each line on standard input.

Usage: decode_peers.py openslide|rasterio PATH SIDE_OF_TILES WIDTH HEIGHT THREADS

Prints the corner's mean color once, then the milliseconds of each pass.
"""
import json
import sys
import threading
import time
import warnings


def read_openslide(tiles):
    import openslide

    with openslide.OpenSlide(path) as slide:
        for x, y, w, h in tiles:
            last = slide.read_region((x, y), 0, (w, h))
    return last


def read_rasterio(tiles):
    import rasterio
    from rasterio.windows import Window

    warnings.simplefilter("ignore")
    with rasterio.open(path) as slide:
        for x, y, w, h in tiles:
            last = slide.read((1, 2, 3), window=Window(x, y, w, h))
    return last


def mean_color(name):
    import numpy as np

    corner = (0, 0, min(512, width), min(512, height))
    pixels = np.asarray(READERS[name]([corner]))
    pixels = pixels[..., :3].reshape(-1, 3).T if name == "openslide" else pixels.reshape(3, -1)
    return pixels.mean(axis=1).tolist()


READERS = {"openslide": read_openslide, "rasterio": read_rasterio}
name, path = sys.argv[1:3]
side, width, height, threads = map(int, sys.argv[3:])
tiles = [(x, y, min(side, width - x), min(side, height - y)) for y in range(0, height, side) for x in range(0, width, side)]
print(json.dumps(mean_color(name)), flush=True)
for _ in sys.stdin:
    start = time.perf_counter()
    workers = [threading.Thread(target=READERS[name], args=(tiles[i::threads],)) for i in range(min(threads, len(tiles)))]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    print((time.perf_counter() - start) * 1000, flush=True)

"""Reads regions of a slide by OpenSlide, for compare_openslide.ts.

Usage: openslide_regions.py PATH

Prints the sizes of levels and their downsamples as JSON; then, for each line `level x y width height` on standard input, with x and
y in pixels of level 0, writes the region's RGB over the slide's background.
"""
import json
import sys

import openslide
from PIL import Image

slide = openslide.OpenSlide(sys.argv[1])
color = "#" + slide.properties.get(openslide.PROPERTY_NAME_BACKGROUND_COLOR, "ffffff")
levels = [{"size": size, "downsample": downsample} for size, downsample in zip(slide.level_dimensions, slide.level_downsamples)]
print(json.dumps(levels), flush=True)
for line in sys.stdin:
    level, x, y, width, height = map(int, line.split())
    region = slide.read_region((x, y), level, (width, height))
    over = Image.new("RGB", region.size, color)
    over.paste(region, mask=region.getchannel("A"))
    sys.stdout.buffer.write(over.tobytes())
    sys.stdout.buffer.flush()

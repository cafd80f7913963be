"""Trains examples/demo_model.safetensors, a tiny UNeXt for the synthetic slides, on a CPU.

    python3 examples/demo_model_train.py            # from the project's root, about 15 minutes

Needs Deno, PyTorch 1.13 or later, NumPy and tifffile (Debian: python3-torch python3-numpy python3-tifffile).
Data: slides that examples/synthetic_slide.ts makes; nothing is downloaded. Same seed, same machine, same weights.
"""

import argparse
import csv
import json
import pathlib
import random
import struct
import subprocess
import time

import numpy as np
import tifffile
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.nn.utils import weight_norm

TINY = dict(
    stem=16, blocks=(1, 1, 1, 1), widths=(16, 32, 64, 128), groups=4, channels=(32, 64, 128, 256),
    aspp=dict(mid=32, out=64, groups=4, dilations=(1, 2, 3, 4)), decoder=(32, 32, 16, 16), fpn=dict(mid=16, out=8),
)
MEAN = np.array([0.65459856, 0.48386562, 0.69428385], np.float32)
STD = np.array([0.15167958, 0.23584107, 0.13146145], np.float32)
TRAIN_SEEDS, VALIDATION_SEEDS, TEST_SEEDS = range(100, 112), (200, 201), (300, 301, 302)
SIDE, DOWNSAMPLE, TILE, EXPANSION = 2048, 2, 512, 128


class Bottleneck(nn.Module):
    def __init__(self, inputs, width, groups, outputs, stride):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(inputs, width, 1, bias=False), nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, 1, groups=groups, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3, self.bn3 = nn.Conv2d(width, outputs, 1, bias=False), nn.BatchNorm2d(outputs)
        self.downsample = None
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        y = F.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        return F.relu(y + (x if self.downsample is None else self.downsample(x)))


class AsppBranch(nn.Module):
    def __init__(self, inputs, outputs, kernel, dilation, groups):
        super().__init__()
        padding = 0 if kernel == 1 else dilation
        self.atrous_conv = nn.Conv2d(inputs, outputs, kernel, 1, padding, dilation, groups, bias=False)
        self.bn = nn.BatchNorm2d(outputs)

    def forward(self, x):
        return F.relu(self.bn(self.atrous_conv(x)))


class Aspp(nn.Module):
    def __init__(self, inputs, mid, out, groups, dilations):
        super().__init__()
        self.aspps = nn.ModuleList([AsppBranch(inputs, mid, 1, 1, 1)])
        self.aspps.extend(AsppBranch(inputs, mid, 3, d, groups) for d in dilations)
        self.global_pool = nn.Sequential(
            nn.AdaptiveMaxPool2d(1), nn.Conv2d(inputs, mid, 1, bias=False), nn.BatchNorm2d(mid), nn.ReLU())
        self.out_conv = nn.Sequential(
            nn.Conv2d(mid * (2 + len(dilations)), out, 1, bias=False), nn.BatchNorm2d(out), nn.ReLU())

    def forward(self, x):
        everywhere = self.global_pool(x).expand(-1, -1, *x.shape[2:])
        return self.out_conv(torch.cat([everywhere] + [branch(x) for branch in self.aspps], 1))


class UpBlock(nn.Module):
    def __init__(self, below, skip, outputs):
        super().__init__()
        conv = nn.Conv2d(below, 2 * below, 1)
        # ICNR: the four pixels that a pixel becomes begin equal.
        kernel = torch.empty(below // 2, below, 1, 1)
        nn.init.kaiming_normal_(kernel)
        conv.weight.data.copy_(kernel.repeat_interleave(4, 0))
        self.shuf = nn.Sequential(nn.Sequential(weight_norm(conv), nn.ReLU()), nn.PixelShuffle(2))
        self.bn = nn.BatchNorm2d(skip)
        self.conv1 = nn.Sequential(nn.Conv2d(below // 2 + skip, outputs, 3, 1, 1), nn.ReLU())
        self.conv2 = nn.Sequential(nn.Conv2d(outputs, outputs, 3, 1, 1), nn.ReLU())

    def forward(self, below, skip):
        return self.conv2(self.conv1(F.relu(torch.cat([self.shuf(below), self.bn(skip)], 1))))


class Fpn(nn.Module):
    def __init__(self, inputs, mid, out):
        super().__init__()
        self.convs = nn.ModuleList(
            nn.Sequential(nn.Conv2d(c, mid, 3, 1, 1), nn.ReLU(), nn.BatchNorm2d(mid), nn.Conv2d(mid, out, 3, 1, 1))
            for c in inputs)

    def forward(self, levels, last):
        up = [F.interpolate(conv(x), scale_factor=16 >> i, mode="bilinear", align_corners=False)
              for i, (conv, x) in enumerate(zip(self.convs, levels))]
        return torch.cat(up + [last], 1)


class Unext(nn.Module):
    def __init__(self, stem, blocks, widths, groups, channels, aspp, decoder, fpn):
        super().__init__()
        self.enc0 = nn.Sequential(nn.Conv2d(3, stem, 7, 2, 3, bias=False), nn.BatchNorm2d(stem), nn.ReLU())
        stages, inputs = [], stem
        for i in range(4):
            layers = []
            for block in range(blocks[i]):
                stride = 2 if block == 0 and i > 0 else 1
                layers.append(Bottleneck(inputs, widths[i], groups, channels[i], stride))
                inputs = channels[i]
            stages.append(nn.Sequential(*layers))
        self.enc1 = nn.Sequential(nn.MaxPool2d(3, 2, 1), stages[0])
        self.enc2, self.enc3, self.enc4 = stages[1:]
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        self.aspp = Aspp(inputs, **aspp)
        self.dec4 = UpBlock(aspp["out"], channels[2], decoder[0])
        self.dec3 = UpBlock(decoder[0], channels[1], decoder[1])
        self.dec2 = UpBlock(decoder[1], channels[0], decoder[2])
        self.dec1 = UpBlock(decoder[2], stem, decoder[3])
        self.fpn = Fpn((aspp["out"],) + tuple(decoder[:3]), **fpn)
        self.drop_aspp, self.drop = nn.Dropout2d(0.5), nn.Dropout2d(0.1)
        self.final_conv = nn.Sequential(nn.Conv2d(4 * fpn["out"] + decoder[3], 1, 1))

    def forward(self, x):
        enc0 = self.enc0(x)
        enc1 = self.enc1(enc0)
        enc2 = self.enc2(enc1)
        enc3 = self.enc3(enc2)
        aspp = self.drop_aspp(self.aspp(self.enc4(enc3)))
        dec4 = self.dec4(aspp, enc3)
        dec3 = self.dec3(dec4, enc2)
        dec2 = self.dec2(dec3, enc1)
        dec1 = self.dec1(dec2, enc0)
        x = self.final_conv(self.drop(self.fpn([aspp, dec4, dec3, dec2], dec1)))
        return F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)


def load_slide(seed, folder):
    """RGB after area downsampling, the share of each of its pixels in a glomerulus, and the mask at full size."""
    path = folder / f"slide_{seed}.tif"
    if not path.exists():
        subprocess.run(
            ["deno", "run", "--allow-read", "--allow-write", "examples/synthetic_slide.ts",
             "--seed", str(seed), "--size", str(SIDE), "--out", str(path)], check=True, stdout=subprocess.DEVNULL)
    code = path.with_suffix(".rle.csv").read_text().splitlines()[1].split(",")[1]
    runs = np.array(code.split(), np.int64).reshape(-1, 2)
    mask = np.zeros(SIDE * SIDE, np.uint8)
    for start, length in runs:
        mask[start - 1:start - 1 + length] = 1
    mask = mask.reshape(SIDE, SIDE).T
    small = SIDE // DOWNSAMPLE
    blocks = tifffile.imread(path).reshape(small, DOWNSAMPLE, small, DOWNSAMPLE, 3)
    rgb = ((blocks.astype(np.uint16).sum((1, 3)) + 2) // 4).astype(np.uint8)
    share = mask.reshape(small, DOWNSAMPLE, small, DOWNSAMPLE).mean((1, 3), dtype=np.float32)
    return rgb, share, mask


def normalise(rgb):
    """Bytes, or floats of 0 to 255, ...×3, to the network's input."""
    return (rgb.astype(np.float32) / 255 - MEAN) / STD


def sample(slides, size, rng):
    """A random crop: often around a glomerulus, sometimes of mere glass; turned, flipped and re-stained."""
    rgb, share, _, glomeruli = slides[rng.integers(len(slides))]
    side = rgb.shape[0]
    kind = rng.random()
    if kind < 0.45:
        y, x = glomeruli[rng.integers(len(glomeruli))] + rng.integers(-size // 2, size // 2, 2) - size // 2
    else:
        y, x = rng.integers(0, side - size, 2)
    if kind > 0.97:
        y, x = rng.choice([0, side - size], 2)
    y, x = np.clip([y, x], 0, side - size)
    image, target = rgb[y:y + size, x:x + size], share[y:y + size, x:x + size]
    # A power of a channel scales its optical density: another stain. A factor is another lamp.
    image = 255 * (image.astype(np.float32) / 255) ** rng.uniform(0.75, 1.3, 3).astype(np.float32)
    image = np.clip(image * rng.uniform(0.94, 1.05), 0, 255)
    turns, flip = rng.integers(4), rng.integers(2)
    image, target = np.rot90(image, turns), np.rot90(target, turns)
    if flip:
        image, target = image[:, ::-1], target[:, ::-1]
    return normalise(image).transpose(2, 0, 1), target[None]


def predict(model, rgb):
    """Probabilities of a downsampled slide by expansion tiles, white beyond its edge."""
    side, half = rgb.shape[0], EXPANSION // 2
    padded = np.pad(rgb, ((half, half + TILE), (half, half + TILE), (0, 0)), constant_values=255)
    out = torch.zeros(side, side)
    model.eval()
    with torch.no_grad():
        for y in range(0, side, TILE):
            for x in range(0, side, TILE):
                tile = padded[y:y + TILE + EXPANSION, x:x + TILE + EXPANSION]
                logits = model(torch.from_numpy(normalise(tile).transpose(2, 0, 1).copy())[None])[0, 0]
                centre = torch.sigmoid(logits[half:half + TILE, half:half + TILE])
                out[y:y + TILE, x:x + TILE] = centre[:side - y, :side - x]
    return out


def score(model, slides):
    """BCE at the network's resolution, and the Dice of each slide at full resolution with a threshold of 0.5."""
    losses, dices = [], []
    for rgb, share, mask, *_ in slides:
        p = predict(model, rgb)
        losses.append(F.binary_cross_entropy(p.clamp(1e-6, 1 - 1e-6), torch.from_numpy(share)).item())
        full = F.interpolate(p[None, None], scale_factor=DOWNSAMPLE, mode="bilinear", align_corners=False)[0, 0]
        found = (full > 0.5).numpy()
        dices.append(2 * float((found & (mask > 0)).sum()) / max(1.0, float(found.sum()) + float(mask.sum())))
    return float(np.mean(losses)), dices


def save(model, path, metadata):
    """safetensors: weights in f16, vectors in f32, both little-endian."""
    header, chunks, offset = {"__metadata__": metadata}, [], 0
    for key, tensor in model.state_dict().items():
        if key.endswith("num_batches_tracked"):
            array, dtype = tensor.numpy().astype("<i8"), "I64"
        elif tensor.ndim > 1:
            array, dtype = tensor.numpy().astype("<f2"), "F16"
        else:
            array, dtype = tensor.numpy().astype("<f4"), "F32"
        data = array.tobytes()
        header[key] = {"dtype": dtype, "shape": list(tensor.shape), "data_offsets": [offset, offset + len(data)]}
        chunks.append(data)
        offset += len(data)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(chunks))


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--steps", type=int, default=3200)
    arguments.add_argument("--batch", type=int, default=8)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--data", type=pathlib.Path, default=pathlib.Path("out/demo_slides"))
    arguments.add_argument("--out", type=pathlib.Path, default=pathlib.Path("examples/demo_model.safetensors"))
    options = arguments.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    random.seed(options.seed)
    rng = np.random.default_rng(options.seed)
    options.data.mkdir(parents=True, exist_ok=True)

    slides = []
    for seed in TRAIN_SEEDS:
        rgb, share, mask = load_slide(seed, options.data)
        slides.append((rgb, share, mask, np.argwhere(share > 0.5)[::50]))
    validation = [load_slide(seed, options.data) for seed in VALIDATION_SEEDS]
    model = Unext(**TINY)
    model.drop_aspp.p = 0.1  # Half of so few channels would be too much.
    count = sum(p.numel() for p in model.parameters())
    print(f"{count} parameters, {len(slides)} slides", flush=True)
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-3, weight_decay=1e-5)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, max_lr=4e-3, total_steps=options.steps, pct_start=0.2, div_factor=25, final_div_factor=1e3)
    log = csv.writer(options.out.with_suffix(".csv").open("w", newline=""), lineterminator="\n")
    log.writerow(["step", "train_loss", "val_loss", "dice"])
    since, started = [], time.time()
    for step in range(1, options.steps + 1):
        # ASPP's global maximum sees the whole tile, so tiles differ in size: it may not rely on one.
        size = int(rng.choice([128, 160, 192, 320], p=[0.25, 0.35, 0.25, 0.15]))
        batch = max(2, round(options.batch * 160 * 160 / size ** 2))
        crops = [sample(slides, size, rng) for _ in range(batch)]
        images = torch.from_numpy(np.stack([image for image, _ in crops]))
        targets = torch.from_numpy(np.stack([target for _, target in crops]))
        model.train()
        loss = F.binary_cross_entropy_with_logits(model(images), targets)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1)
        optimiser.step()
        schedule.step()
        since.append(loss.item())
        if step % 200 == 0 or step == options.steps:
            val_loss, dices = score(model, validation)
            row = [step, f"{np.mean(since):.5f}", f"{val_loss:.5f}", f"{np.mean(dices):.4f}"]
            log.writerow(row)
            print(*row, f"{time.time() - started:.0f} s", flush=True)
            since = []

    for tensor in model.state_dict().values():  # What is measured is what is saved.
        if tensor.ndim > 1:
            tensor.copy_(tensor.half().float())
    test = [load_slide(seed, options.data) for seed in TEST_SEEDS]
    _, dices = score(model, test)
    for seed, dice in zip(TEST_SEEDS, dices):
        print(f"seed {seed}: Dice {dice:.4f}")
    save(model, options.out, {"format": "pt", "arch": "unext", "trained_with": "PyTorch " + torch.__version__})
    print(f"{options.out}: {options.out.stat().st_size} bytes")


if __name__ == "__main__":
    main()

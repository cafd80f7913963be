"""Decoders as in segmentation_models_pytorch (Iakubovskii), over the features of an encoder, finest first."""

import torch
from torch import nn
from torch.nn import functional as F

from blocks import Scse, SqueezeExcite, conv, enlarge, group_norm, resize_to


class Unet(nn.Module):
    """Ronneberger et al. 2015; `gate` follows both convolutions of a block."""

    def __init__(self, channels, gate=None, widths=(32, 24, 16, 16, 8)):
        super().__init__()
        self.blocks = nn.ModuleList()
        inputs = channels[-1]
        for skip, width in zip(reversed(channels[:-1]), widths):
            merged = inputs + (0 if skip == 3 else skip)
            self.blocks.append(nn.ModuleList([
                gate(merged) if gate else nn.Identity(),
                nn.Sequential(conv(merged, width), conv(width, width), gate(width) if gate else nn.Identity())]))
            inputs = width
        self.channels = inputs

    def forward(self, features):
        x = features[-1]
        for (before, body), skip in zip(self.blocks, reversed(features[:-1])):
            x = enlarge(x)
            if skip.shape[1] != 3:
                x = before(torch.cat([x, skip], 1))
            x = body(x)
        return x


class UnetPlusPlus(nn.Module):
    """Zhou et al. 2018: nodes at each scale read all nodes before them at it, and the one below."""

    def __init__(self, channels, width=16):
        super().__init__()
        self.depth = len(channels) - 2
        self.nodes = nn.ModuleDict()
        for step in range(1, self.depth + 1):
            for row in range(1, self.depth + 2 - step):
                below = channels[row + 1] if step == 1 else width
                inputs = channels[row] + (step - 1) * width + below
                self.nodes[f"{row}_{step}"] = nn.Sequential(conv(inputs, width), conv(width, width))
        self.last = conv(width, 8)
        self.channels = 8

    def forward(self, features):
        grid = {(row, 0): x for row, x in enumerate(features)}
        for step in range(1, self.depth + 1):
            for row in range(1, self.depth + 2 - step):
                before = [grid[row, i] for i in range(step)]
                grid[row, step] = self.nodes[f"{row}_{step}"](torch.cat([enlarge(grid[row + 1, step - 1]), *before], 1))
        return self.last(enlarge(grid[1, self.depth]))


class PositionAttention(nn.Module):
    """MA-Net's attention among all pixels (Fan et al. 2020)."""

    def __init__(self, channels, inner=16):
        super().__init__()
        self.top, self.center = nn.Conv2d(channels, inner, 1), nn.Conv2d(channels, inner, 1)
        self.bottom, self.out = nn.Conv2d(channels, channels, 3, padding=1), nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x):
        n, c, h, w = x.shape
        top = self.top(x).flatten(2)
        center = self.center(x).flatten(2).transpose(1, 2)
        bottom = self.bottom(x).flatten(2).transpose(1, 2)
        weights = torch.matmul(center, top)
        weights = F.softmax(weights.view(n, -1), dim=1).view(n, h * w, h * w)
        y = torch.matmul(weights, bottom).transpose(1, 2).reshape(n, c, h, w)
        return self.out(x + y)


class ManetBlock(nn.Module):
    def __init__(self, inputs, skip, outputs):
        super().__init__()
        self.high = nn.Sequential(conv(inputs, inputs), conv(inputs, skip, 1))
        self.gates = nn.ModuleList(SqueezeExcite(skip) for _ in range(2))
        self.body = nn.Sequential(conv(2 * skip, outputs), conv(outputs, outputs))

    def forward(self, x, skip):
        x = enlarge(self.high(x))
        gate = self.gates[0].gate(x) + self.gates[1].gate(skip)
        return self.body(torch.cat([x * gate, skip], 1))


class Manet(nn.Module):
    def __init__(self, channels, widths=(32, 24, 16, 16)):
        super().__init__()
        self.attention = PositionAttention(channels[-1])
        skips = list(reversed(channels[1:-1]))
        self.blocks = nn.ModuleList(
            ManetBlock(a, skip, b) for a, skip, b in zip([channels[-1], *widths], skips, widths))
        self.last = conv(widths[3], 8)
        self.channels = 8

    def forward(self, features):
        x = self.attention(features[-1])
        for block, skip in zip(self.blocks, reversed(features[1:-1])):
            x = block(x, skip)
        return self.last(enlarge(x))


class Linknet(nn.Module):
    """Chaurasia, Culurciello 2017: transposed convolutions, and sums."""

    def __init__(self, channels):
        super().__init__()
        outputs = [*reversed(channels[1:-1]), 16]
        self.blocks = nn.ModuleList(
            nn.Sequential(conv(a, a // 4, 1), nn.ConvTranspose2d(a // 4, a // 4, 4, 2, 1), nn.BatchNorm2d(a // 4),
                          nn.ReLU(), conv(a // 4, b, 1))
            for a, b in zip([channels[-1], *outputs], outputs))
        self.channels = 16

    def forward(self, features):
        x = features[-1]
        for i, block in enumerate(self.blocks):
            x = block(x)
            if i < len(features) - 2:
                x = x + features[-2 - i]
        return x


class Fpn(nn.Module):
    """Lin et al. 2017, with the panoptic head's group norms."""

    def __init__(self, channels, width=32, inner=16):
        super().__init__()
        self.lateral = nn.ModuleList(nn.Conv2d(c, width, 1) for c in reversed(channels[2:]))
        self.heads = nn.ModuleList(nn.ModuleList(
            conv(width if i == 0 else inner, inner, norm=group_norm(8)) for i in range(max(1, steps)))
            for steps in reversed(range(len(channels) - 2)))
        self.channels = inner

    def forward(self, features):
        pyramid = []
        for lateral, x in zip(self.lateral, reversed(features[2:])):
            y = lateral(x)
            pyramid.append(y if not pyramid else enlarge(pyramid[-1]) + y)
        results = []
        for i, (head, x) in enumerate(zip(self.heads, pyramid)):
            for layer in head:
                x = layer(x)
                if i < len(pyramid) - 1:
                    x = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=True)
            results.append(x)
        return sum(results)


class Pspnet(nn.Module):
    """Zhao et al. 2017, at an eighth."""

    def __init__(self, channels, sizes=(1, 2, 3, 6)):
        super().__init__()
        c = channels[3]
        self.pools = nn.ModuleList(nn.Sequential(
            nn.AdaptiveAvgPool2d(size), conv(c, c // 4, 1, norm=nn.BatchNorm2d if size > 1 else None)) for size in sizes)
        self.last = nn.Sequential(conv(c + len(sizes) * (c // 4), 24, 1), nn.Dropout2d(0.2))
        self.channels = 24

    def forward(self, features):
        x = features[3]
        return self.last(torch.cat([*(resize_to(pool(x), x, aligned=True) for pool in self.pools), x], 1))


class Pan(nn.Module):
    """Li et al. 2018: a pyramid of attention, and gates from above."""

    def __init__(self, channels, width=16):
        super().__init__()
        c = channels[-2]
        self.image = nn.Sequential(nn.AdaptiveAvgPool2d(1), conv(c, width, 1))
        self.mid = conv(c, width, 1)
        self.down1 = nn.Sequential(nn.MaxPool2d(2, 2), conv(c, 1, 7))
        self.down2 = nn.Sequential(nn.MaxPool2d(2, 2), conv(1, 1, 5))
        self.inner1, self.inner2 = conv(1, 1, 7), conv(1, 1, 5)
        skips = list(reversed(channels[2:-2]))
        self.gates = nn.ModuleList(nn.Sequential(
            nn.AdaptiveAvgPool2d(1), conv(width, width, 1, act=nn.Sigmoid)) for _ in skips)
        self.lateral = nn.ModuleList(conv(s, width) for s in skips)
        self.channels = width

    def forward(self, features):
        x = features[-2]
        image = resize_to(self.image(x), x, aligned=True)
        down1 = self.down1(x)
        down2 = self.down2(down1)
        sum2 = resize_to(self.inner2(down2), down1, aligned=True) + self.inner1(down1)
        y = self.mid(x) * resize_to(sum2, x, aligned=True) + image
        for gate, lateral, skip in zip(self.gates, self.lateral, reversed(features[2:-2])):
            y = resize_to(y, skip, aligned=True) + lateral(skip) * gate(y)
        return y


def separable(inputs, outputs, dilation=1):
    return nn.Sequential(
        nn.Conv2d(inputs, inputs, 3, padding=dilation, dilation=dilation, groups=inputs, bias=False),
        conv(inputs, outputs, 1))


class DeepLabV3Plus(nn.Module):
    """Chen et al. 2018."""

    def __init__(self, channels, width=24):
        super().__init__()
        c = channels[-2]
        self.branches = nn.ModuleList([conv(c, width, 1), *(separable(c, width, d) for d in (2, 4, 6))])
        self.image = nn.Sequential(nn.AdaptiveAvgPool2d(1), conv(c, width, 1))
        self.project = nn.Sequential(conv(5 * width, width, 1), separable(width, width))
        self.low = conv(channels[2], 8, 1)
        self.last = separable(width + 8, width)
        self.channels = width

    def forward(self, features):
        x = features[-2]
        image = resize_to(self.image(x), x)
        y = self.project(torch.cat([*(branch(x) for branch in self.branches), image], 1))
        y = F.interpolate(y, scale_factor=4, mode="bilinear", align_corners=True)
        return self.last(torch.cat([y, self.low(features[2])], 1))


class Upernet(nn.Module):
    """Xiao et al. 2018: a pyramid pooling module on top of a feature pyramid."""

    def __init__(self, channels, width=16):
        super().__init__()
        self.pools = nn.ModuleList(nn.Sequential(nn.AdaptiveAvgPool2d(s), conv(channels[-1], width, 1)) for s in (1, 2))
        self.top = conv(channels[-1] + 2 * width, width)
        self.lateral = nn.ModuleList(conv(c, width, 1) for c in reversed(channels[2:-1]))
        self.smooth = nn.ModuleList(conv(width, width) for _ in channels[2:-1])
        self.fuse = conv(width * (len(channels) - 2), width)
        self.channels = width

    def forward(self, features):
        x = features[-1]
        pyramid = [self.top(torch.cat([x, *(resize_to(pool(x), x) for pool in self.pools)], 1))]
        for lateral, skip in zip(self.lateral, reversed(features[2:-1])):
            pyramid.append(lateral(skip) + resize_to(pyramid[-1], skip))
        levels = [pyramid[0], *(smooth(x) for smooth, x in zip(self.smooth, pyramid[1:]))]
        return self.fuse(torch.cat([resize_to(x, levels[-1]) for x in reversed(levels)], 1))

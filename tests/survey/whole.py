"""Networks that are no encoder and decoder of a library: pathology's, MONAI's, and some others, small."""

import torch
from torch import nn
from torch.nn import functional as F

from blocks import Attention, Residual, conv, enlarge, resize_to


def crop_to(x, other):
    dy, dx = x.shape[2] - other.shape[2], x.shape[3] - other.shape[3]
    return x[:, :, dy // 2:dy // 2 + other.shape[2], dx // 2:dx // 2 + other.shape[3]]


class UpSample2x(nn.Module):
    """HoVer-Net's nearest enlargement: a product with ones."""

    def __init__(self):
        super().__init__()
        self.register_buffer("ones", torch.ones(2, 2))

    def forward(self, x):
        n, c, h, w = x.shape
        y = torch.tensordot(x.unsqueeze(-1), self.ones.unsqueeze(0), dims=1)
        return y.permute(0, 1, 2, 4, 3, 5).reshape(-1, c, h * 2, w * 2)


class DenseUnit(nn.Module):
    def __init__(self, inputs, grow, kernel, count):
        super().__init__()
        self.units = nn.ModuleList(nn.Sequential(
            nn.BatchNorm2d(inputs + i * grow), nn.ReLU(), conv(inputs + i * grow, 16, 1),
            nn.Conv2d(16, grow, kernel, groups=4, bias=False)) for i in range(count))
        self.channels = inputs + count * grow
        self.norm = nn.Sequential(nn.BatchNorm2d(self.channels), nn.ReLU())

    def forward(self, x):
        for unit in self.units:
            y = unit(x)
            x = torch.cat([crop_to(x, y), y], 1)
        return self.norm(x)


class HovernetBranch(nn.Module):
    def __init__(self, outputs, kernel=5):
        super().__init__()
        self.up = UpSample2x()
        self.a = nn.Conv2d(32, 16, kernel, bias=False)
        self.dense_a = DenseUnit(16, 8, kernel, 2)
        self.to_b = nn.Conv2d(self.dense_a.channels, 16, 1, bias=False)
        self.b = nn.Conv2d(16, 16, kernel, bias=False)
        self.dense_b = DenseUnit(16, 8, kernel, 1)
        self.c = nn.Conv2d(self.dense_b.channels, 8, kernel, padding=kernel // 2, bias=False)
        self.last = nn.Sequential(nn.BatchNorm2d(8), nn.ReLU(), nn.Conv2d(8, outputs, 1))

    def forward(self, features):
        x = self.up(features[2])
        x = self.to_b(self.dense_a(self.a(crop_to(features[1], x) + x)))
        x = self.up(x)
        return self.last(self.c(self.dense_b(self.b(crop_to(features[0], x) + x))))


class Hovernet(nn.Module):
    """Graham et al. 2019: residual units, three branches of dense units without padding; results are smaller."""

    def __init__(self):
        super().__init__()
        self.stem = conv(3, 16, 7)
        self.stages = nn.ModuleList([Residual(16, 16), Residual(16, 32, 2), Residual(32, 32, 2)])
        self.branches = nn.ModuleDict({"np": HovernetBranch(2), "hv": HovernetBranch(2), "tp": HovernetBranch(5)})

    def forward(self, x):
        features = []
        x = self.stem(x)
        for stage in self.stages:
            x = stage(x)
            features.append(x)
        return tuple(branch(features) for branch in self.branches.values())


class InstanSeg(nn.Module):
    """Goldsborough et al. 2024: a U-Net with a decoder for each of its results, side by side."""

    def __init__(self):
        super().__init__()
        widths = [16, 24, 32, 48]
        self.down = nn.ModuleList(
            Residual(a, b, norm=nn.BatchNorm2d, act=nn.SiLU) for a, b in zip([3, *widths], widths))
        self.decoders = nn.ModuleList(nn.ModuleList(
            Residual(a + b, b, act=nn.SiLU) for a, b in zip(widths[:0:-1], widths[-2::-1])) for _ in range(3))
        self.heads = nn.ModuleList(nn.Conv2d(16, outputs, 1) for outputs in (2, 2, 1))

    def forward(self, x):
        features = []
        for i, stage in enumerate(self.down):
            x = stage(x if i == 0 else F.max_pool2d(x, 2))
            features.append(x)
        results = []
        for decoder, head in zip(self.decoders, self.heads):
            y = features[-1]
            for block, skip in zip(decoder, features[-2::-1]):
                y = block(torch.cat([enlarge(y), skip], 1))
            results.append(head(y))
        return torch.cat([torch.sigmoid(results[0]), torch.tanh(results[1]) * 0.5, results[2]], 1)


class Stardist(nn.Module):
    """Schmidt et al. 2018: a U-Net at half the size, without norms; a probability and distances along 32 rays."""

    def __init__(self):
        super().__init__()
        plain = dict(norm=None)
        self.grid = nn.Sequential(conv(3, 16, **plain), conv(16, 16, **plain), nn.MaxPool2d(2))
        self.down = nn.ModuleList(nn.Sequential(conv(a, b, **plain), conv(b, b, **plain))
                                  for a, b in [(16, 16), (16, 24), (24, 32)])
        self.middle = nn.Sequential(conv(32, 48, **plain), conv(48, 32, **plain))
        self.up = nn.ModuleList(nn.Sequential(conv(a, b, **plain), conv(b, c, **plain))
                                for a, b, c in [(64, 32, 24), (48, 24, 16), (32, 16, 16)])
        self.features = conv(16, 32, **plain)
        self.prob, self.dist = nn.Conv2d(32, 1, 1), nn.Conv2d(32, 32, 1)

    def forward(self, x):
        x = self.grid(x)
        skips = []
        for stage in self.down:
            x = stage(x)
            skips.append(x)
            x = F.max_pool2d(x, 2)
        x = self.middle(x)
        for stage, skip in zip(self.up, reversed(skips)):
            x = stage(torch.cat([enlarge(x), skip], 1))
        x = self.features(x)
        return torch.sigmoid(self.prob(x)), self.dist(x)


def norm_first(inputs, outputs, kernel=3):
    return nn.Sequential(nn.BatchNorm2d(inputs), nn.ReLU(), nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2))


class CellposeBlock(nn.Module):
    """Two sums of two convolutions; on the way up, a skip and the style are added."""

    def __init__(self, inputs, outputs, style=0):
        super().__init__()
        self.first = norm_first(inputs, outputs)
        self.convs = nn.ModuleList(norm_first(outputs, outputs) for _ in range(3))
        self.project = nn.Sequential(nn.BatchNorm2d(inputs), nn.Conv2d(inputs, outputs, 1))
        self.styles = nn.ModuleList(nn.Linear(style, outputs) for _ in range(3)) if style else []

    def forward(self, x, style=None, skip=0):
        add = lambda i, y: y if style is None else y + self.styles[i](style).unsqueeze(-1).unsqueeze(-1)
        x = self.project(x) + self.convs[0](add(0, self.first(x) + skip))
        return x + self.convs[2](add(2, self.convs[1](add(1, x))))


class Cellpose(nn.Module):
    """Stringer et al. 2021: residual, the norm first, with a style: the normalized mean of the coarsest features."""

    def __init__(self, widths=(16, 24, 32, 48)):
        super().__init__()
        self.down = nn.ModuleList(CellposeBlock(a, b) for a, b in zip([3, *widths], widths))
        self.up = nn.ModuleList(CellposeBlock(a, b, style=widths[-1])
                                for a, b in zip([widths[-1], *widths[::-1]], widths[::-1]))
        self.last = norm_first(widths[0], 3, 1)

    def forward(self, x):
        features = []
        for i, block in enumerate(self.down):
            x = block(F.max_pool2d(x, 2, 2) if i else x)
            features.append(x)
        style = F.adaptive_avg_pool2d(x, 1).flatten(1)
        style = style / torch.sum(style**2, dim=1, keepdim=True) ** 0.5
        for i, block in enumerate(self.up):
            x = block(enlarge(x) if i else x, style, features[-1 - i])
        return self.last(x)


class PlainUnet(nn.Module):
    """Ronneberger et al. 2015, without padding, cropped skips; or padded to the skip, as is usual since."""

    def __init__(self, padding, widths=(16, 24, 32)):
        super().__init__()
        double = lambda a, b: nn.Sequential(conv(a, b, padding=padding), conv(b, b, padding=padding))
        self.down = nn.ModuleList(double(a, b) for a, b in zip([3, *widths], widths))
        self.enlarge = nn.ModuleList(nn.ConvTranspose2d(a, b, 2, 2) for a, b in zip(widths[:0:-1], widths[-2::-1]))
        self.up = nn.ModuleList(double(2 * b, b) for b in widths[-2::-1])
        self.last = nn.Conv2d(widths[0], 1, 1)
        self.padding = padding

    def forward(self, x):
        features = []
        for i, stage in enumerate(self.down):
            x = stage(F.max_pool2d(x, 2) if i else x)
            features.append(x)
        for grow, stage, skip in zip(self.enlarge, self.up, features[-2::-1]):
            x = grow(x)
            if self.padding:
                dy, dx = skip.shape[2] - x.shape[2], skip.shape[3] - x.shape[3]
                x = F.pad(x, [dx // 2, dx - dx // 2, dy // 2, dy - dy // 2])
            else:
                skip = crop_to(skip, x)
            x = stage(torch.cat([skip, x], 1))
        return self.last(x)


class Rsu(nn.Module):
    """A U-Net in a U-Net (Qin et al. 2020)."""

    def __init__(self, inputs, inner, outputs, depth, dilated=False):
        super().__init__()
        rate = lambda i: dict(dilation=2**i if dilated else 1)
        self.first = conv(inputs, outputs)
        self.down = nn.ModuleList(conv(outputs if i == 0 else inner, inner, **rate(i)) for i in range(depth))
        self.bottom = conv(inner, inner, dilation=2**depth if dilated else 2)
        self.up = nn.ModuleList(conv(2 * inner, outputs if i == 0 else inner, **rate(i)) for i in reversed(range(depth)))
        self.dilated = dilated

    def forward(self, x):
        first = x = self.first(x)
        features = []
        for i, layer in enumerate(self.down):
            x = layer(x if i == 0 or self.dilated else F.max_pool2d(x, 2, 2, ceil_mode=True))
            features.append(x)
        x = self.bottom(x)
        for layer, skip in zip(self.up, reversed(features)):
            x = layer(torch.cat([x if self.dilated else resize_to(x, skip), skip], 1))
        return x + first


class U2net(nn.Module):
    """Qin et al. 2020: a result at each scale, and one of all."""

    def __init__(self):
        super().__init__()
        self.down = nn.ModuleList([Rsu(3, 8, 16, 3), Rsu(16, 8, 24, 2), Rsu(24, 8, 32, 3, dilated=True)])
        self.up = nn.ModuleList([Rsu(56, 8, 24, 2), Rsu(40, 8, 16, 3)])
        self.sides = nn.ModuleList(nn.Conv2d(c, 1, 3, padding=1) for c in (16, 24, 32))
        self.last = nn.Conv2d(3, 1, 1)

    def forward(self, x):
        features = []
        for i, stage in enumerate(self.down):
            x = stage(x if i == 0 else F.max_pool2d(x, 2, 2, ceil_mode=True))
            features.append(x)
        results = [features[-1]]
        for stage, skip in zip(self.up, features[-2::-1]):
            results.append(stage(torch.cat([resize_to(results[-1], skip), skip], 1)))
        sides = [side(y) for side, y in zip(self.sides, reversed(results))]
        sides = [sides[0], *(resize_to(side, sides[0]) for side in sides[1:])]
        return tuple(torch.sigmoid(y) for y in [self.last(torch.cat(sides, 1)), *sides])


class ErfBlock(nn.Module):
    """Romera et al. 2018: 3×1 and 1×3 convolutions, dilated along their own axis."""

    def __init__(self, c, dilation):
        super().__init__()
        d = dilation
        self.body = nn.Sequential(
            nn.Conv2d(c, c, (3, 1), padding=(1, 0)), nn.ReLU(), nn.Conv2d(c, c, (1, 3), padding=(0, 1)),
            nn.BatchNorm2d(c), nn.ReLU(),
            nn.Conv2d(c, c, (3, 1), padding=(d, 0), dilation=(d, 1)), nn.ReLU(),
            nn.Conv2d(c, c, (1, 3), padding=(0, d), dilation=(1, d)), nn.BatchNorm2d(c), nn.Dropout2d(0.3))

    def forward(self, x):
        return F.relu(x + self.body(x))


class Erfnet(nn.Module):
    def __init__(self):
        super().__init__()
        down = lambda a, b: nn.ModuleList([nn.Conv2d(a, b - a, 3, stride=2, padding=1), nn.BatchNorm2d(b)])
        up = lambda a, b: nn.Sequential(
            nn.ConvTranspose2d(a, b, 3, stride=2, padding=1, output_padding=1), nn.BatchNorm2d(b), nn.ReLU())
        self.down = nn.ModuleList([down(3, 16), down(16, 32), down(32, 48)])
        self.blocks = nn.Sequential(*(ErfBlock(48, d) for d in (1, 2, 4)))
        self.up = nn.Sequential(up(48, 32), ErfBlock(32, 1), up(32, 16), ErfBlock(16, 1))
        self.last = nn.ConvTranspose2d(16, 1, 2, stride=2)

    def forward(self, x):
        for layer, norm in self.down:
            x = F.relu(norm(torch.cat([layer(x), F.max_pool2d(x, 2, stride=2)], 1)))
        return self.last(self.up(self.blocks(x)))


class SegformerBlock(nn.Module):
    def __init__(self, c, heads, reduction):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(c), nn.LayerNorm(c)
        self.attention = Attention(c, heads, reduction)
        self.fc1, self.fc2 = nn.Linear(c, 2 * c), nn.Linear(2 * c, c)
        self.depthwise = nn.Conv2d(2 * c, 2 * c, 3, padding=1, groups=2 * c)

    def forward(self, x, h, w):
        x = x + self.attention(self.norm1(x), h, w)
        y = self.fc1(self.norm2(x))
        n, count, c = y.shape
        y = self.depthwise(y.transpose(1, 2).view(n, c, h, w)).flatten(2).transpose(1, 2)
        return x + self.fc2(F.gelu(y))


class Segformer(nn.Module):
    """Xie et al. 2021: attention among tokens at each scale."""

    def __init__(self, widths=(16, 24, 32), heads=(1, 2, 4), reductions=(4, 2, 1)):
        super().__init__()
        self.patches = nn.ModuleList(nn.Conv2d(a, b, *((7, 4, 3) if i == 0 else (3, 2, 1)))
                                     for i, (a, b) in enumerate(zip([3, *widths], widths)))
        self.norms = nn.ModuleList(nn.LayerNorm(c) for c in widths)
        self.blocks = nn.ModuleList(SegformerBlock(*one) for one in zip(widths, heads, reductions))
        self.linear = nn.ModuleList(nn.Linear(c, 16) for c in widths)
        self.fuse, self.last = conv(48, 16, 1), nn.Conv2d(16, 1, 1)

    def forward(self, x):
        size, features = x.shape[2:], []
        for patch, norm, block in zip(self.patches, self.norms, self.blocks):
            x = patch(x)
            n, c, h, w = x.shape
            y = block(norm(x.flatten(2).transpose(1, 2)), h, w)
            x = y.reshape(n, h, w, c).permute(0, 3, 1, 2).contiguous()
            features.append(x)
        levels = []
        for linear, y in zip(self.linear, features):
            n, c, h, w = y.shape
            y = linear(y.flatten(2).transpose(1, 2)).permute(0, 2, 1).reshape(n, -1, h, w)
            levels.append(resize_to(y, features[0]))
        y = self.last(self.fuse(torch.cat(levels[::-1], 1)))
        return F.interpolate(y, size=size, mode="bilinear", align_corners=False)

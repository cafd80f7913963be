"""Networks as in MONAI, in two dimensions and small."""

import torch
from torch import nn
from torch.nn import functional as F

from blocks import AttentionGate, conv, instance_norm


def unit(inputs, outputs, stride=1, last=False):
    """MONAI's ADN order: convolution, instance norm without weights, PReLU."""
    norm, act = (None, None) if last else (nn.InstanceNorm2d, nn.PReLU)
    return conv(inputs, outputs, stride=stride, norm=norm, act=act)


class ResidualUnit(nn.Module):
    def __init__(self, inputs, outputs, stride=1, count=2, last=False):
        super().__init__()
        self.units = nn.Sequential(*(
            unit(inputs if i == 0 else outputs, outputs, stride if i == 0 else 1, last and i == count - 1)
            for i in range(count)))
        self.skip = (nn.Conv2d(inputs, outputs, 3, stride, 1) if stride > 1
                     else nn.Conv2d(inputs, outputs, 1) if inputs != outputs else nn.Identity())

    def forward(self, x):
        return self.skip(x) + self.units(x)


class MonaiUnet(nn.Module):
    """`monai.networks.nets.UNet` with residual units (Kerfoot et al. 2018)."""

    def __init__(self, widths=(16, 24, 32)):
        super().__init__()
        self.down = nn.ModuleList(ResidualUnit(a, b, 2) for a, b in zip([3, *widths], widths))
        self.bottom = ResidualUnit(32, 48)
        up = lambda a, b, last: nn.Sequential(
            nn.ConvTranspose2d(a, b, 3, 2, 1, output_padding=1), nn.InstanceNorm2d(b), nn.PReLU(),
            ResidualUnit(b, b, count=1, last=last))
        self.up = nn.ModuleList([up(80, 24, False), up(48, 16, False), up(32, 1, True)])

    def forward(self, x):
        features = []
        for stage in self.down:
            x = stage(x)
            features.append(x)
        x = self.bottom(x)
        for stage, skip in zip(self.up, reversed(features)):
            x = stage(torch.cat([skip, x], 1))
        return x


class BasicUnet(nn.Module):
    """`BasicUNet`: instance norm, leaky ReLU of 0.1, transposed convolutions, replicated edges where sizes are odd."""

    def __init__(self, widths=(16, 24, 32)):
        super().__init__()
        leaky = lambda: nn.LeakyReLU(0.1)
        two = lambda a, b: nn.Sequential(*(
            nn.Sequential(nn.Conv2d(x, b, 3, padding=1), instance_norm(b), nn.Dropout(0.1), leaky()) for x in (a, b)))
        self.down = nn.ModuleList(two(a, b) for a, b in zip([3, *widths], widths))
        self.grow = nn.ModuleList(nn.ConvTranspose2d(a, b, 2, 2) for a, b in zip(widths[:0:-1], widths[-2::-1]))
        self.up = nn.ModuleList(two(2 * b, b) for b in widths[-2::-1])
        self.last = nn.Conv2d(widths[0], 1, 1)

    def forward(self, x):
        features = []
        for i, stage in enumerate(self.down):
            x = stage(F.max_pool2d(x, 2) if i else x)
            features.append(x)
        for grow, stage, skip in zip(self.grow, self.up, features[-2::-1]):
            x = grow(x)
            odd = [skip.shape[3] - x.shape[3], skip.shape[2] - x.shape[2]]
            x = F.pad(x, [0, odd[0], 0, odd[1]], "replicate")
            x = stage(torch.cat([skip, x], 1))
        return self.last(x)


class DynUnet(nn.Module):
    """`DynUNet`, nnU-Net's network (Isensee et al. 2021)."""

    def __init__(self, widths=(16, 24, 32)):
        super().__init__()
        leaky = lambda: nn.LeakyReLU(0.01)
        block = lambda a, b, s: nn.Sequential(
            conv(a, b, stride=s, norm=instance_norm, act=leaky), conv(b, b, norm=instance_norm, act=leaky))
        self.down = nn.ModuleList(block(a, b, 1 if i == 0 else 2) for i, (a, b) in enumerate(zip([3, *widths], widths)))
        self.grow = nn.ModuleList(
            nn.ConvTranspose2d(a, b, 2, 2, bias=False) for a, b in zip(widths[:0:-1], widths[-2::-1]))
        self.up = nn.ModuleList(block(2 * b, b, 1) for b in widths[-2::-1])
        self.last = nn.Conv2d(widths[0], 1, 1)

    def forward(self, x):
        features = []
        for stage in self.down:
            x = stage(x)
            features.append(x)
        for grow, stage, skip in zip(self.grow, self.up, features[-2::-1]):
            x = stage(torch.cat([grow(x), skip], 1))
        return self.last(x)


class SegresBlock(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.body = nn.Sequential(
            nn.GroupNorm(8, c), nn.ReLU(), nn.Conv2d(c, c, 3, padding=1, bias=False),
            nn.GroupNorm(8, c), nn.ReLU(), nn.Conv2d(c, c, 3, padding=1, bias=False))

    def forward(self, x):
        return x + self.body(x)


class SegResNet(nn.Module):
    """`SegResNet` (Myronenko 2018): group norms first, bilinear enlargement, sums."""

    def __init__(self, widths=(16, 24, 32)):
        super().__init__()
        self.first = nn.Conv2d(3, widths[0], 3, padding=1, bias=False)
        self.down = nn.ModuleList(nn.Sequential(
            nn.Identity() if i == 0 else nn.Conv2d(widths[i - 1], c, 3, 2, 1, bias=False), SegresBlock(c))
            for i, c in enumerate(widths))
        self.shrink = nn.ModuleList(nn.Conv2d(a, b, 1, bias=False) for a, b in zip(widths[:0:-1], widths[-2::-1]))
        self.up = nn.ModuleList(SegresBlock(c) for c in widths[-2::-1])
        self.last = nn.Sequential(nn.GroupNorm(8, widths[0]), nn.ReLU(), nn.Conv2d(widths[0], 1, 1))

    def forward(self, x):
        x, features = self.first(x), []
        for stage in self.down:
            x = stage(x)
            features.append(x)
        for shrink, stage, skip in zip(self.shrink, self.up, features[-2::-1]):
            x = F.interpolate(shrink(x), scale_factor=2.0, mode="bilinear", align_corners=False)
            x = stage(x + skip)
        return self.last(x)


class AttentionUnet(nn.Module):
    """`AttentionUnet` (Oktay et al. 2018)."""

    def __init__(self, widths=(16, 24, 32)):
        super().__init__()
        two = lambda a, b, s=1: nn.Sequential(conv(a, b, stride=s), conv(b, b))
        self.down = nn.ModuleList(two(a, b, 1 if i == 0 else 2) for i, (a, b) in enumerate(zip([3, *widths], widths)))
        self.grow = nn.ModuleList(nn.Sequential(
            nn.ConvTranspose2d(a, b, 3, 2, 1, output_padding=1), nn.BatchNorm2d(b), nn.ReLU())
            for a, b in zip(widths[:0:-1], widths[-2::-1]))
        self.gates = nn.ModuleList(AttentionGate(b, b, b // 2) for b in widths[-2::-1])
        self.merge = nn.ModuleList(conv(2 * b, b) for b in widths[-2::-1])
        self.last = nn.Conv2d(widths[0], 1, 1)

    def forward(self, x):
        features = []
        for stage in self.down:
            x = stage(x)
            features.append(x)
        for grow, gate, merge, skip in zip(self.grow, self.gates, self.merge, features[-2::-1]):
            x = grow(x)
            x = merge(torch.cat([gate(x, skip), x], 1))
        return self.last(x)


class HighResBlock(nn.Module):
    def __init__(self, inputs, outputs, dilation):
        super().__init__()
        self.body = nn.Sequential(*(
            nn.Sequential(nn.BatchNorm2d(c), nn.ReLU(),
                          nn.Conv2d(c, outputs, 3, padding=dilation, dilation=dilation)) for c in (inputs, outputs)))
        self.pad = outputs - inputs

    def forward(self, x):
        skip = F.pad(x, [0, 0, 0, 0, self.pad // 2, self.pad - self.pad // 2]) if self.pad else x
        return self.body(x) + skip


class HighResNet(nn.Module):
    """`HighResNet` (Li et al. 2017): dilations in the place of strides; channels padded with zeros."""

    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(
            conv(3, 16), HighResBlock(16, 16, 1), HighResBlock(16, 24, 2), HighResBlock(24, 24, 2),
            HighResBlock(24, 32, 4), conv(32, 40, 1), nn.Dropout2d(0.5), conv(40, 1, 1, act=None))

    def forward(self, x):
        return self.layers(x)


class VnetDown(nn.Module):
    def __init__(self, inputs, outputs, count):
        super().__init__()
        self.shrink = nn.Sequential(nn.Conv2d(inputs, outputs, 2, 2), nn.BatchNorm2d(outputs), nn.ELU())
        self.body = nn.Sequential(*(conv(outputs, outputs, 5, act=nn.ELU) for _ in range(count)))

    def forward(self, x):
        x = self.shrink(x)
        return F.elu(self.body(x) + x)


class Vnet(nn.Module):
    """`VNet` (Milletari et al. 2016): ELUs, convolutions of 5×5, the input repeated to as many channels."""

    def __init__(self, widths=(16, 32, 48)):
        super().__init__()
        self.first = conv(3, 15, 5, act=None)
        self.down = nn.ModuleList(VnetDown(a, b, 2) for a, b in zip([15, *widths[1:]], widths[1:]))
        self.grow = nn.ModuleList([
            nn.Sequential(nn.ConvTranspose2d(48, 16, 2, 2), nn.BatchNorm2d(16), nn.ELU()),
            nn.Sequential(nn.ConvTranspose2d(48, 17, 2, 2), nn.BatchNorm2d(17), nn.ELU())])
        self.up = nn.ModuleList([conv(48, 48, 5, act=nn.ELU), conv(32, 32, 5, act=nn.ELU)])
        self.last = nn.Sequential(conv(32, 2, 5, act=nn.ELU), nn.Conv2d(2, 2, 1))

    def forward(self, x):
        first = F.elu(self.first(x) + x.repeat(1, 5, 1, 1))
        features = [first]
        for stage in self.down:
            features.append(stage(features[-1]))
        x = features[-1]
        for grow, stage, skip in zip(self.grow, self.up, features[-2::-1]):
            y = torch.cat([grow(x), skip], 1)
            x = F.elu(stage(y) + y)
        return F.softmax(self.last(x), dim=1)

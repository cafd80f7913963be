"""What the networks of the survey are made of."""

import torch
from torch import nn
from torch.nn import functional as F


def conv(inputs, outputs, kernel=3, norm=nn.BatchNorm2d, act=nn.ReLU, **options):
    """A convolution, a norm and an activation, each of the last two if there is one."""
    options.setdefault("padding", kernel // 2 * options.get("dilation", 1))
    layers = [nn.Conv2d(inputs, outputs, kernel, bias=norm is None, **options)]
    if norm:
        layers.append(norm(outputs))
    if act:
        layers.append(act())
    return nn.Sequential(*layers)


def enlarge(x, factor=2):
    return F.interpolate(x, scale_factor=factor, mode="nearest")


def resize_to(x, other, aligned=False):
    return F.interpolate(x, size=other.shape[2:], mode="bilinear", align_corners=aligned)


def group_norm(groups):
    return lambda channels: nn.GroupNorm(groups, channels)


def instance_norm(channels):
    return nn.InstanceNorm2d(channels, affine=True)


class Encoder(nn.Module):
    """Features of a sequence of layers at each scale, finest first: what layers that shrink read, and the last result."""

    def __init__(self, layers):
        super().__init__()
        self.layers = nn.ModuleList(layers)
        self.kept, self.channels = [], []
        self.eval()
        x = torch.zeros(1, 3, 64, 64)
        with torch.no_grad():
            for i, layer in enumerate(layers):
                y = layer(x)
                if y.shape[-1] < x.shape[-1]:
                    self.kept.append(i)
                    self.channels.append(x.shape[1])
                x = y
        self.channels.append(x.shape[1])

    def forward(self, x):
        features = []
        for i, layer in enumerate(self.layers):
            if i in self.kept:
                features.append(x)
            x = layer(x)
        return [*features, x]


class Segmenter(nn.Module):
    """An encoder, a decoder of its features, and a head, whose logits are enlarged to the picture's size."""

    def __init__(self, encoder, decoder, scale=1):
        super().__init__()
        self.encoder, self.decoder, self.scale = encoder, decoder, scale
        self.head = nn.Conv2d(decoder.channels, 1, 3, padding=1)

    def forward(self, x):
        y = self.head(self.decoder(self.encoder(x)))
        if self.scale > 1:
            y = F.interpolate(y, scale_factor=self.scale, mode="bilinear", align_corners=True)
        return y


class SqueezeExcite(nn.Module):
    """Hu et al. 2018."""

    def __init__(self, channels, reduction=4):
        super().__init__()
        self.gate = nn.Sequential(
            nn.AdaptiveAvgPool2d(1), nn.Conv2d(channels, channels // reduction, 1), nn.ReLU(),
            nn.Conv2d(channels // reduction, channels, 1), nn.Sigmoid())

    def forward(self, x):
        return x * self.gate(x)


class Scse(nn.Module):
    """Roy et al. 2018: gates by channel and by pixel."""

    def __init__(self, channels):
        super().__init__()
        self.channel = SqueezeExcite(channels)
        self.pixel = nn.Sequential(nn.Conv2d(channels, 1, 1), nn.Sigmoid())

    def forward(self, x):
        return self.channel(x) + x * self.pixel(x)


class AttentionGate(nn.Module):
    """Oktay et al. 2018."""

    def __init__(self, gate, skip, inner):
        super().__init__()
        self.gate, self.skip = conv(gate, inner, 1, act=None), conv(skip, inner, 1, act=None)
        self.psi = nn.Sequential(nn.Conv2d(inner, 1, 1), nn.BatchNorm2d(1), nn.Sigmoid())

    def forward(self, gate, skip):
        return skip * self.psi(F.relu(self.gate(gate) + self.skip(skip)))


class Residual(nn.Module):
    """Two convolutions, a gate by channel if wanted, and the input."""

    def __init__(self, inputs, outputs, stride=1, norm=nn.BatchNorm2d, act=nn.ReLU, gate=None):
        super().__init__()
        self.body = nn.Sequential(
            conv(inputs, outputs, stride=stride, norm=norm, act=act), conv(outputs, outputs, norm=norm, act=None),
            *([gate(outputs)] if gate else []))
        self.skip = (nn.Identity() if stride == 1 and inputs == outputs
                     else conv(inputs, outputs, 1, stride=stride, norm=norm, act=None))
        self.act = act()

    def forward(self, x):
        return self.act(self.body(x) + self.skip(x))


class Attention(nn.Module):
    """Attention among tokens, N×L×C; keys and values come from a coarser grid, if `reduction` is above 1."""

    def __init__(self, channels, heads, reduction):
        super().__init__()
        self.heads, self.scale = heads, (channels // heads) ** -0.5
        self.q, self.kv = nn.Linear(channels, channels), nn.Linear(channels, 2 * channels)
        self.out = nn.Linear(channels, channels)
        self.reduce = nn.Conv2d(channels, channels, reduction, reduction) if reduction > 1 else None
        self.norm = nn.LayerNorm(channels)

    def forward(self, x, height, width):
        n, count, c = x.shape
        q = self.q(x).reshape(n, count, self.heads, c // self.heads).permute(0, 2, 1, 3)
        if self.reduce:
            grid = x.permute(0, 2, 1).reshape(n, c, height, width)
            x = self.norm(self.reduce(grid).reshape(n, c, -1).permute(0, 2, 1))
        k, v = self.kv(x).reshape(n, -1, 2, self.heads, c // self.heads).permute(2, 0, 3, 1, 4)
        weights = (q @ k.transpose(-2, -1) * self.scale).softmax(dim=-1)
        return self.out((weights @ v).transpose(1, 2).reshape(n, count, c))

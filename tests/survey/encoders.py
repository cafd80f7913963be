"""Encoders: torchvision's own, narrowed, and two that it lacks."""

from functools import partial

from torch import nn
from torchvision import models
from torchvision.models.convnext import CNBlockConfig, ConvNeXt
from torchvision.models.efficientnet import EfficientNet, MBConvConfig
from torchvision.models.regnet import BlockParams, RegNet
from torchvision.models.resnet import BasicBlock, Bottleneck
from torchvision.models.vgg import make_layers

from blocks import Encoder, Residual, SqueezeExcite, conv


class NarrowBottleneck(Bottleneck):
    expansion = 1


def resnet_layers(net):
    return [nn.Sequential(net.conv1, net.bn1, net.relu), net.maxpool, net.layer1, net.layer2, net.layer3, net.layer4]


def resnet():
    stem = conv(3, 16, 7, stride=2)
    widths = [16, 16, 32, 48, 64]
    stages = [nn.Sequential(BasicBlock(a, b, 1 if i == 0 else 2, None if i == 0 else conv(a, b, 1, stride=2, act=None)),
                            BasicBlock(b, b))
              for i, (a, b) in enumerate(zip(widths, widths[1:]))]
    return Encoder([stem, nn.MaxPool2d(3, 2, 1), *stages])


def resnext():
    return Encoder(resnet_layers(models.ResNet(NarrowBottleneck, [1, 1, 1, 1], groups=32, width_per_group=4)))


def se_resnet():
    widths = [16, 32, 48, 64]
    stages = [Residual(a, b, 2, gate=SqueezeExcite) for a, b in zip([16, *widths], widths)]
    return Encoder([conv(3, 16, stride=2), *stages])


def mobilenet_v2():
    return Encoder(list(models.MobileNetV2(width_mult=0.25).features[:-1]))


def mobilenet_v3():
    return Encoder(list(models.mobilenet_v3_small(width_mult=0.5).features[:-1]))


def efficientnet():
    block = partial(MBConvConfig, width_mult=1.0, depth_mult=1.0)
    stages = [block(1, 3, 1, 8, 8, 1), block(4, 3, 2, 8, 16, 1), block(4, 5, 2, 16, 24, 2),
              block(4, 3, 2, 24, 32, 1), block(4, 5, 2, 32, 48, 1)]
    return Encoder(list(EfficientNet(stages, dropout=0).features[:-1]))


def densenet():
    net = models.DenseNet(growth_rate=8, block_config=(2, 3, 3, 2), num_init_features=16)
    layers = list(net.features)
    return Encoder([nn.Sequential(*layers[:3]), *layers[3:], nn.ReLU()])


def vgg():
    return Encoder(list(make_layers([16, "M", 32, "M", 48, 48, "M", 64, "M"], batch_norm=True)))


def convnext():
    stages = [CNBlockConfig(16, 32, 1), CNBlockConfig(32, 48, 1), CNBlockConfig(48, 64, 1), CNBlockConfig(64, None, 1)]
    net = ConvNeXt(stages, layer_scale=0.5)
    return Encoder(list(net.features))


def shufflenet():
    net = models.ShuffleNetV2([2, 2, 2], [16, 32, 48, 64, 64])
    return Encoder([net.conv1, net.maxpool, net.stage2, net.stage3, net.stage4])


def regnet():
    net = RegNet(BlockParams([1, 1, 2, 1], [16, 24, 32, 48], [8] * 4, [1.0] * 4, [2] * 4, 0.25), stem_width=16)
    return Encoder([net.stem, *net.trunk_output])

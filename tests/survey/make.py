"""Writes small segmentation networks of many kinds, with random weights, as ONNX files, and what PyTorch computes.

    python3 make.py FOLDER [NAME ...]
    python3 make.py FOLDER --full

The second writes some networks in their usual sizes, for the bench.

Needs PyTorch 1.13 and torchvision 0.14 (Debian 12: python3-torch, python3-torchvision). `main.ts` runs them.
"""

import json
import pathlib
import sys
import warnings
from functools import partial

import numpy
import torch
from torch import nn
from torchvision import models
from torchvision.models import segmentation
from torchvision.models._utils import IntermediateLayerGetter

sys.dont_write_bytecode = True

import decoders
import encoders
import monai
import whole
from blocks import Encoder, Scse, Segmenter

OPSETS = (11, 13, 15, 17)


def unet(encoder, scale=1, **options):
    return lambda: (lambda e: Segmenter(e, decoders.Unet(e.channels, **options), scale))(encoder())


def smp(decoder, scale=1):
    return lambda: (lambda e: Segmenter(e, decoder(e.channels), scale))(encoders.resnet())


class Output(nn.Module):
    """A network of torchvision, which gives a dictionary."""

    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, x):
        return self.net(x)["out"]


def dilated_resnet():
    net = models.ResNet(encoders.NarrowBottleneck, [1, 1, 1, 1], replace_stride_with_dilation=[False, True, True])
    return IntermediateLayerGetter(net, {"layer4": "out"})


def fcn():
    return Output(segmentation.FCN(dilated_resnet(), segmentation.fcn.FCNHead(512, 2)))


def deeplabv3():
    return Output(segmentation.DeepLabV3(dilated_resnet(), segmentation.deeplabv3.DeepLabHead(512, 2)))


def deeplabv3_mobilenet():
    net = models.mobilenet_v3_small(width_mult=0.25, dilated=True).features
    body = IntermediateLayerGetter(net, {str(len(net) - 1): "out"})
    return Output(segmentation.DeepLabV3(body, segmentation.deeplabv3.DeepLabHead(net[-1].out_channels, 2)))


def lraspp():
    net = models.mobilenet_v3_small(width_mult=0.25, dilated=True).features
    at = [0, *(i for i, b in enumerate(net) if getattr(b, "_is_cn", False)), len(net) - 1]
    low, high = at[-4], at[-1]
    body = IntermediateLayerGetter(net, {str(low): "low", str(high): "high"})
    return Output(segmentation.LRASPP(body, net[low].out_channels, net[high].out_channels, 2, inter_channels=32))


NETWORKS = {
    "FCN (torchvision)": fcn,
    "DeepLabV3, ResNet (torchvision)": deeplabv3,
    "DeepLabV3, MobileNetV3 (torchvision)": deeplabv3_mobilenet,
    "LR-ASPP (torchvision)": lraspp,
    "U-Net, ResNet": unet(encoders.resnet),
    "U-Net with scSE": unet(encoders.resnet, gate=Scse),
    "U-Net++": smp(decoders.UnetPlusPlus),
    "MA-Net": smp(decoders.Manet),
    "LinkNet": smp(decoders.Linknet),
    "FPN": smp(decoders.Fpn, 4),
    "PSPNet": smp(decoders.Pspnet, 8),
    "PAN": smp(decoders.Pan, 4),
    "DeepLabV3+": smp(decoders.DeepLabV3Plus, 4),
    "UPerNet": smp(decoders.Upernet, 4),
    "U-Net, ResNeXt": unet(encoders.resnext),
    "U-Net, SE-ResNet": unet(encoders.se_resnet),
    "U-Net, VGG": unet(encoders.vgg),
    "U-Net, DenseNet": unet(encoders.densenet),
    "U-Net, MobileNetV2": unet(encoders.mobilenet_v2),
    "U-Net, MobileNetV3": unet(encoders.mobilenet_v3),
    "U-Net, EfficientNet": unet(encoders.efficientnet),
    "U-Net, RegNet": unet(encoders.regnet),
    "U-Net, ShuffleNetV2": unet(encoders.shufflenet),
    "U-Net, ConvNeXt": unet(encoders.convnext, scale=2),
    "U-Net of 2015, no padding": partial(whole.PlainUnet, 0),
    "U-Net, padded to its skips": partial(whole.PlainUnet, 1),
    "HoVer-Net": whole.Hovernet,
    "InstanSeg": whole.InstanSeg,
    "StarDist": whole.Stardist,
    "Cellpose": whole.Cellpose,
    "MONAI UNet": monai.MonaiUnet,
    "MONAI BasicUNet": monai.BasicUnet,
    "MONAI DynUNet": monai.DynUnet,
    "MONAI SegResNet": monai.SegResNet,
    "MONAI AttentionUnet": monai.AttentionUnet,
    "MONAI HighResNet": monai.HighResNet,
    "MONAI VNet": monai.Vnet,
    "U²-Net": whole.U2net,
    "ERFNet": whole.Erfnet,
    "SegFormer": whole.Segformer,
}

def full_unet():
    net = models.resnet34()
    encoder = Encoder([nn.Sequential(net.conv1, net.bn1, net.relu), net.maxpool,
                       net.layer1, net.layer2, net.layer3, net.layer4])
    return Segmenter(encoder, decoders.Unet(encoder.channels, widths=(256, 128, 64, 32, 16)))


FULL = {
    "fcn_resnet50": lambda: Output(segmentation.fcn_resnet50(weights_backbone=None, num_classes=2)),
    "lraspp_mobilenet_v3_large": lambda: Output(
        segmentation.lraspp_mobilenet_v3_large(weights_backbone=None, num_classes=2)),
    "unet_resnet34": full_unet,
}

# The side of the picture that a file is exported with, if not 64, and another for files of any size.
SIDES = {"PSPNet": 96, "HoVer-Net": 96, "U-Net of 2015, no padding": 92, "U-Net, padded to its skips": 70,
         "MONAI BasicUNet": 70}


def shake(net):
    """Weights that keep the scale of values, and statistics that are not those of a norm that has seen nothing."""
    for module in net.modules():
        if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)):
            nn.init.kaiming_normal_(module.weight)
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.running_mean, -0.2, 0.2)
            nn.init.uniform_(module.running_var, 0.5, 1.5)
        if isinstance(module, (nn.BatchNorm2d, nn.GroupNorm, nn.LayerNorm, nn.InstanceNorm2d)) and module.weight is not None:
            nn.init.uniform_(module.weight, 0.5, 1.0)
            nn.init.uniform_(module.bias, -0.2, 0.2)


def save_safetensors(path, tensors):
    header, at = {}, 0
    for name, values in tensors.items():
        header[name] = {"dtype": "F32", "shape": values.shape, "data_offsets": [at, at + values.nbytes]}
        at += values.nbytes
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for values in tensors.values():
            file.write(numpy.ascontiguousarray(values).tobytes())


def main(folder, *names):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    warnings.filterwarnings("ignore")
    torch.set_num_threads(1)
    if names == ("--full",):
        for name, make in FULL.items():
            torch.manual_seed(1)
            net = make().eval()
            shake(net)
            torch.onnx.export(net, torch.zeros(1, 3, 256, 256), folder / f"{name}.onnx", opset_version=17)
        return
    for number, (name, make) in enumerate(NETWORKS.items(), 1):
        if names and name not in names:
            continue
        torch.manual_seed(number)
        net = make().eval()
        shake(net)
        side = SIDES.get(name, 64)
        tensors, files = {}, []
        for kind, shape in {"fixed": (1, 3, side, side), "free": (2, 3, side, side + 32)}.items():
            tensors[f"{kind}.input"] = torch.randn(shape)
            with torch.no_grad():
                results = net(tensors[f"{kind}.input"])
            for i, result in enumerate(results if isinstance(results, tuple) else [results]):
                tensors[f"{kind}.output{i}"] = result
        outputs = [f"y{i}" for i in range(len([key for key in tensors if key.startswith("fixed.output")]))]
        for opset in OPSETS:
            for kind in ("fixed", "free"):
                file = f"{number:02}_{opset}_{kind}.onnx"
                axes = {key: {0: "n", 2: "h", 3: "w"} for key in ["x", *outputs]} if kind == "free" else None
                try:
                    torch.onnx.export(net, tensors["fixed.input"], folder / file, opset_version=opset,
                                      input_names=["x"], output_names=outputs, dynamic_axes=axes)
                    files.append({"file": file, "opset": opset, "kind": kind})
                except Exception as error:
                    (folder / file).unlink(missing_ok=True)
                    files.append({"opset": opset, "kind": kind, "error": str(error).split("\n")[0]})
        save_safetensors(folder / f"{number:02}.safetensors", {key: value.numpy() for key, value in tensors.items()})
        about = {"name": name, "values": f"{number:02}.safetensors", "outputs": outputs, "files": files}
        (folder / f"{number:02}.json").write_text(json.dumps(about))
        print(name, len([one for one in files if "file" in one]), "files", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])

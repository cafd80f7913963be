import { assertEquals, assertThrows } from "@std/assert";
import { isTorchvisionEncoder, mapTorchvisionEncoder } from "./encoder_keys.ts";

const encoder = new Map(
  [
    "conv1.weight",
    "bn1.weight",
    "bn1.running_mean",
    "layer1.0.conv1.weight",
    "layer1.0.downsample.0.weight",
    "layer2.3.bn3.bias",
    "layer2.0.conv1.weight",
    "layer3.0.conv1.weight",
    "layer4.0.conv1.weight",
    "fc.weight",
    "fc.bias",
    "extra",
  ].map((key, index) => [key, index]),
);

Deno.test("mapTorchvisionEncoder() renames to the UNeXt's encoder and drops fc", () => {
  assertEquals([...mapTorchvisionEncoder(encoder)], [
    ["enc0.0.weight", 0],
    ["enc0.1.weight", 1],
    ["enc0.1.running_mean", 2],
    ["enc1.1.0.conv1.weight", 3],
    ["enc1.1.0.downsample.0.weight", 4],
    ["enc2.3.bn3.bias", 5],
    ["enc2.0.conv1.weight", 6],
    ["enc3.0.conv1.weight", 7],
    ["enc4.0.conv1.weight", 8],
    ["extra", 11],
  ]);
});

Deno.test("isTorchvisionEncoder() tells encoders from other state dicts", () => {
  assertEquals(isTorchvisionEncoder(encoder), true);
  assertEquals(isTorchvisionEncoder(mapTorchvisionEncoder(encoder)), false);
  assertEquals(isTorchvisionEncoder(new Map()), false);
  assertThrows(
    () => mapTorchvisionEncoder(new Map()),
    TypeError,
    "received none",
  );
});

import { assertEquals, assertThrows } from "@std/assert";
import {
  isTorchvisionEncoder,
  mapTorchvisionEncoder,
  recognizeArchitecture,
} from "./recognize_architecture.ts";
import {
  unext101Options,
  unext50Options,
  type UnextOptions,
} from "./unext_options.ts";

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

Deno.test("isTorchvisionEncoder() distinguishes encoders from other state dicts", () => {
  assertEquals(isTorchvisionEncoder(encoder), true);
  assertEquals(isTorchvisionEncoder(mapTorchvisionEncoder(encoder)), false);
  assertEquals(isTorchvisionEncoder(new Map()), false);
  assertThrows(
    () => mapTorchvisionEncoder(new Map()),
    TypeError,
    "received []",
  );
});

/** The shapes that identify an architecture, as listed in network.md. */
function shapes(options: UnextOptions): Map<string, { shape: number[] }> {
  const { stem, blocks, widths, groups, channels, aspp, decoder, fpn } =
    options;
  const result = new Map<string, { shape: number[] }>();
  const conv = (key: string, out: number, inputs: number, size: number) =>
    result.set(`${key}.weight`, { shape: [out, inputs, size, size] });
  conv("enc0.0", stem, 3, 7);
  for (let stage = 0; stage < 4; stage++) {
    for (let i = 0; i < blocks[stage]; i++) {
      const key = stage === 0 ? `enc1.1.${i}` : `enc${stage + 1}.${i}`;
      const before = stage === 0 ? stem : channels[stage - 1];
      conv(
        `${key}.conv1`,
        widths[stage],
        i === 0 ? before : channels[stage],
        1,
      );
      conv(`${key}.conv2`, widths[stage], widths[stage] / groups, 3);
      conv(`${key}.conv3`, channels[stage], widths[stage], 1);
    }
  }
  conv("aspp.aspps.0.atrous_conv", aspp.mid, channels[3], 1);
  aspp.dilations.forEach((_, i) =>
    conv(
      `aspp.aspps.${i + 1}.atrous_conv`,
      aspp.mid,
      channels[3] / aspp.groups,
      3,
    )
  );
  conv("aspp.out_conv.0", aspp.out, aspp.mid * (aspp.dilations.length + 2), 1);
  decoder.forEach((out, i) => conv(`dec${4 - i}.conv2.0`, out, out, 3));
  [aspp.out, ...decoder.slice(0, 3)].forEach((inputs, i) => {
    conv(`fpn.convs.${i}.0`, fpn.mid, inputs, 3);
    conv(`fpn.convs.${i}.3`, fpn.out, fpn.mid, 3);
  });
  conv("final_conv.0", 1, decoder[3] + 4 * fpn.out, 1);
  return result;
}

const tiny: UnextOptions = {
  stem: 8,
  blocks: [1, 2, 1, 1],
  widths: [8, 16, 16, 32],
  groups: 4,
  channels: [16, 24, 32, 48],
  aspp: { mid: 8, out: 16, groups: 2, dilations: [1, 2] },
  decoder: [16, 12, 8, 4],
  fpn: { mid: 4, out: 2 },
};

Deno.test("recognizeArchitecture() recognizes the published networks", () => {
  assertEquals(recognizeArchitecture(shapes(unext50Options)), {
    name: "unext50",
    options: unext50Options,
    outputs: 1,
  });
  assertEquals(recognizeArchitecture(shapes(unext101Options)), {
    name: "unext101",
    options: unext101Options,
    outputs: 1,
  });
});

Deno.test("recognizeArchitecture() derives any other sizes", () => {
  assertEquals(recognizeArchitecture(shapes(tiny)), {
    name: "unext",
    options: tiny,
    outputs: 1,
  });
  const logits = shapes(tiny).get("final_conv.0.weight")!.shape;
  const several = shapes(tiny)
    .set("final_conv.0.weight", { shape: [3, ...logits.slice(1)] });
  assertEquals(recognizeArchitecture(several).outputs, 3);
});

Deno.test("recognizeArchitecture() reports missing and unexpected tensors", () => {
  const check = (
    change: (dict: ReturnType<typeof shapes>) => void,
    message: string,
  ) => {
    const dict = shapes(tiny);
    change(dict);
    assertThrows(() => recognizeArchitecture(dict), TypeError, message);
  };
  check((dict) => dict.delete("final_conv.0.weight"), "no final_conv.0.weight");
  check(
    (dict) => dict.delete("aspp.out_conv.0.weight"),
    "no aspp.out_conv.0.weight",
  );
  check(
    (dict) => dict.set("enc0.0.weight", { shape: [4] }),
    "enc0.0.weight of shape [4]",
  );
  check(
    (dict) => dict.set("enc2.0.conv2.weight", { shape: [16, 3, 3, 3] }),
    "enc2.0.conv2.weight of shape [16,3,3,3] for 16 inputs",
  );
  check(
    (dict) => dict.set("enc2.0.conv2.weight", { shape: [16, 2, 3, 3] }),
    "encoder stages of 4, 8, 4, 4 groups",
  );
  assertThrows(
    () => recognizeArchitecture(new Map([["fc.weight", { shape: [10, 512] }]])),
    TypeError,
    "Cannot recognize architecture: the state dict is not a UNeXt's: 1 tensors, such as fc.weight, with no enc1.1.0.conv1.weight, no enc2.0.conv1.weight and ",
  );
});

import { cannot } from "../errors/cannot.ts";
import {
  type PerStage,
  unext101Options,
  unext50Options,
  type UnextOptions,
} from "./unext_options.ts";

/** Prefixes of the encoder's keys in torchvision and in UNeXt. */
const renames: readonly [string, string][] = [
  ["conv1.", "enc0.0."],
  ["bn1.", "enc0.1."],
  ["layer1.", "enc1.1."],
  ["layer2.", "enc2."],
  ["layer3.", "enc3."],
  ["layer4.", "enc4."],
];

/**
 * Whether a state dict is a torchvision-style ResNet or ResNeXt, the usual form of pretrained encoders: `conv1`, `bn1`,
 * `layer1` to `layer4`.
 *
 * @example
 * ```ts
 * import { isTorchvisionEncoder } from "@tilewise/tilewise/models";
 *
 * console.assert(!isTorchvisionEncoder(new Map([["enc0.0.weight", 1]])));
 * ```
 */
export function isTorchvisionEncoder(
  stateDict: ReadonlyMap<string, unknown>,
): boolean {
  return [
    "conv1.weight",
    "bn1.weight",
    ...[1, 2, 3, 4].map((i) => `layer${i}.0.conv1.weight`),
  ]
    .every((key) => stateDict.has(key));
}

/**
 * Renames a torchvision-style encoder's keys to those of a UNeXt's encoder: `conv1` becomes `enc0.0`, `layer1` becomes
 * `enc1.1`, and so on. Drops the classifier (`fc`) and keeps other keys, which matching the weights reports.
 *
 * @throws {TypeError} If the state dict is not such an encoder.
 *
 * @example
 * ```ts
 * import { isTorchvisionEncoder, mapTorchvisionEncoder } from "@tilewise/tilewise/models";
 *
 * const encoder = new Map([["conv1.weight", 1], ["fc.weight", 2]]);
 * if (isTorchvisionEncoder(encoder)) console.log(mapTorchvisionEncoder(encoder).keys());
 * ```
 */
export function mapTorchvisionEncoder<T>(
  stateDict: ReadonlyMap<string, T>,
): Map<string, T> {
  if (!isTorchvisionEncoder(stateDict)) {
    throw cannot(
      "map encoder",
      "its keys must begin with conv1, bn1 and layer1 to layer4",
      { received: [...stateDict.keys()].slice(0, 3), kind: TypeError },
    );
  }
  const mapped = new Map<string, T>();
  for (const [key, value] of stateDict) {
    if (key.startsWith("fc.")) continue;
    const [from, to] = renames.find(([from]) => key.startsWith(from)) ??
      ["", ""];
    mapped.set(to + key.slice(from.length), value);
  }
  return mapped;
}

/** The keys and shapes of a state dict. */
export type TensorShapes = ReadonlyMap<
  string,
  { readonly shape: readonly number[] }
>;

/** Result of {@linkcode recognizeArchitecture}. */
export interface RecognizedArchitecture {
  /** The published network of these sizes, or `unext` for other sizes. */
  readonly name: "unext50" | "unext101" | "unext";
  /** The network's sizes. */
  readonly options: UnextOptions;
  /** Channels of its logits. */
  readonly outputs: number;
}

const stages = [0, 1, 2, 3] as const;

/**
 * Derives the architecture of a UNeXt from the keys and shapes of its state dict. Shapes do not determine dilations, so n
 * dilated branches are assumed to have dilations 1 to n, as published.
 *
 * @throws {TypeError} If keys are missing, or shapes are not a UNeXt's.
 *
 * @example
 * ```ts
 * import { recognizeArchitecture } from "@tilewise/tilewise/models";
 *
 * try {
 *   recognizeArchitecture(new Map([["fc.weight", { shape: [1000, 512] }]]));
 * } catch (error) {
 *   console.assert(error instanceof TypeError);
 * }
 * ```
 */
export function recognizeArchitecture(
  stateDict: TensorShapes,
): RecognizedArchitecture {
  const problems: string[] = [];
  const shapeOf = (key: string): readonly number[] => {
    const shape = stateDict.get(key)?.shape;
    if (shape?.length === 4) return shape;
    problems.push(shape ? `${key} of shape [${shape}]` : `no ${key}`);
    return [1, 1, 1, 1];
  };
  const perStage = (value: (stage: number) => number) =>
    stages.map(value) as unknown as PerStage;
  const block = (stage: number, index: number) =>
    `${stage === 0 ? "enc1.1" : `enc${stage + 1}`}.${index}`;
  const groupsOf = (key: string, inputs: number): number => {
    const groups = inputs / shapeOf(key)[1];
    if (Number.isInteger(groups) && groups > 0) return groups;
    problems.push(`${key} of shape [${shapeOf(key)}] for ${inputs} inputs`);
    return 1;
  };

  const blocks = perStage((stage) => {
    let count = 0;
    while (stateDict.has(`${block(stage, count)}.conv1.weight`)) count++;
    return count;
  });
  const widths = perStage((stage) =>
    shapeOf(`${block(stage, 0)}.conv1.weight`)[0]
  );
  const channels = perStage((stage) =>
    shapeOf(`${block(stage, 0)}.conv3.weight`)[0]
  );
  const groups = perStage((stage) =>
    groupsOf(`${block(stage, 0)}.conv2.weight`, widths[stage])
  );
  if (new Set(groups).size > 1) {
    problems.push(`encoder stages of ${groups.join(", ")} groups`);
  }
  let branches = 0;
  while (stateDict.has(`aspp.aspps.${branches + 1}.atrous_conv.weight`)) {
    branches++;
  }
  const options: UnextOptions = {
    stem: shapeOf("enc0.0.weight")[0],
    blocks,
    widths,
    groups: groups[0],
    channels,
    aspp: {
      mid: shapeOf("aspp.aspps.0.atrous_conv.weight")[0],
      out: shapeOf("aspp.out_conv.0.weight")[0],
      groups: branches > 0
        ? groupsOf("aspp.aspps.1.atrous_conv.weight", channels[3])
        : 1,
      dilations: Array.from({ length: branches }, (_, i) => i + 1),
    },
    decoder: perStage((stage) => shapeOf(`dec${4 - stage}.conv2.0.weight`)[0]),
    fpn: {
      mid: shapeOf("fpn.convs.0.0.weight")[0],
      out: shapeOf("fpn.convs.0.3.weight")[0],
    },
  };
  const [outputs] = shapeOf("final_conv.0.weight");
  if (problems.length > 0) {
    const rest = problems.length > 2 ? ` and ${problems.length - 2} more` : "";
    const keys = [...stateDict.keys()].slice(0, 2)
      .map((key) => JSON.stringify(key.slice(0, 60)).slice(1, -1)).join(", ");
    const found = problems.slice(0, 2).join(", ") + rest;
    throw cannot(
      "recognize architecture",
      `the state dict is not a UNeXt's: ${stateDict.size} tensors, such as ${keys}, with ${found}`,
      { kind: TypeError },
    );
  }
  return { name: nameOf(options), options, outputs };
}

/** The name of the published network of these sizes, or `unext`. */
export function nameOf(options: UnextOptions): RecognizedArchitecture["name"] {
  // Both have the same order of fields, so equal options have equal JSON.
  const json = JSON.stringify(options);
  if (json === JSON.stringify(unext50Options)) return "unext50";
  if (json === JSON.stringify(unext101Options)) return "unext101";
  return "unext";
}

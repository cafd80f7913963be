/** torchvision's names of the encoder's parts, and the UNeXt's. */
const renames: readonly [string, string][] = [
  ["conv1.", "enc0.0."],
  ["bn1.", "enc0.1."],
  ["layer1.", "enc1.1."],
  ["layer2.", "enc2."],
  ["layer3.", "enc3."],
  ["layer4.", "enc4."],
];

/**
 * Whether a state dict is a torchvision-style ResNet or ResNeXt, as pretrained encoders come: `conv1`, `bn1`, `layer1` to
 * `layer4`.
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
 * `enc1.1`, and so on. The classifier (`fc`) is dropped; other keys stay, and are reported when weights are matched.
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
    const keys = [...stateDict.keys()].slice(0, 3).map((key) =>
      JSON.stringify(key)
    );
    throw new TypeError(
      `Cannot map encoder as its keys must be conv1, bn1 and layer1 to layer4: received ${
        keys.join(", ") || "none"
      }`,
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

import { parseShader, type Part } from "../src/kernels/wgsl/parse_shader.ts";
import { specialize } from "../src/kernels/wgsl/specialize.ts";

/**
 * Specializes shaders with their default constants, in f32 and f16, with each condition alone, with all and with none, and
 * compiles the results if there is a device.
 *
 * @param shaders Linked sources by name.
 * @returns The problems found, one line each.
 */
export async function checkShaders(
  shaders: Readonly<Record<string, string>>,
  device?: GPUDevice,
): Promise<string[]> {
  const checks = Object.entries(shaders).map(([name, source]) => {
    try {
      return [...variants(source, device)].map(({ held, code }) =>
        check(`${name} (${held})`, code, device)
      );
    } catch (error) {
      return [`${name}: ${(error as Error).message}`];
    }
  });
  return (await Promise.all(checks.flat())).flat();
}

function* variants(source: string, device?: GPUDevice) {
  const names = [...conditionsOf(parseShader(source))];
  const sets = names.length > 1
    ? [[], names, ...names.map((name) => [name])]
    : [[], names];
  // A device without subgroups cannot compile shaders that use them.
  const lacking = device && !device.features.has("subgroups" as GPUFeatureName)
    ? "broadcast"
    : undefined;
  for (const precision of ["f32", "f16"] as const) {
    for (const held of sets) {
      const conditions = Object.fromEntries(
        names.map((name) => [name, held.includes(name) && name !== lacking]),
      );
      yield {
        held: [precision, ...held].join(", "),
        code: () => specialize(source, conditions, precision),
      };
    }
  }
}

async function check(
  label: string,
  code: () => string,
  device?: GPUDevice,
): Promise<string[]> {
  try {
    const specialized = code();
    if (!device) return [];
    device.pushErrorScope("validation");
    const module = device.createShaderModule({ label, code: specialized });
    const [invalid, { messages }] = await Promise.all([
      device.popErrorScope(),
      module.getCompilationInfo(),
    ]);
    const errors = messages.filter(({ type }) => type === "error");
    const lines = specialized.split("\n");
    if (errors.length === 0 && invalid) return [`${label}: ${invalid.message}`];
    return errors.map(({ lineNum, message }) =>
      `${label}: ${message.trim()}: ${lines[lineNum - 1]?.trim()}`
    );
  } catch (error) {
    return [`${label}: ${(error as Error).message}`];
  }
}

function conditionsOf(parts: readonly Part[]): Set<string> {
  const found = new Set<string>();
  for (const part of parts) {
    if (typeof part === "string") continue;
    const inner = part.kind === "condition"
      ? [...part.held, ...part.otherwise]
      : part.kind === "loop"
      ? part.body
      : [];
    if (part.kind === "condition") found.add(part.name);
    for (const name of conditionsOf(inner)) found.add(name);
  }
  found.delete("f16"); // follows from the precision
  return found;
}

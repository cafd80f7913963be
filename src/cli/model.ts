import { UsageError } from "../errors/cannot.ts";
import { openModel } from "../model_folder/open_model.ts";
import { packModel } from "../model_folder/pack_model.ts";
import { testModel } from "../model_folder/test_model.ts";
import { type Command, helpOf, readCommand } from "../options/command.ts";
import {
  type DeviceOptions,
  deviceOptions,
  modelOptions,
} from "../options/model.ts";
import { type OptionsOf, text } from "../options/option.ts";
import { objectOptions } from "../options/output.ts";
import { oneLine } from "../run/run_context.ts";
import { allowFiles, allowModel, allowOnnxruntime } from "./allow_files.ts";
import { printError, printLine, printLines } from "./print.ts";

interface CheckOptions extends Pick<DeviceOptions, "device"> {
  readonly cache?: string;
}

interface PackOptions extends Pick<DeviceOptions, "device"> {
  readonly weights: readonly string[];
  readonly out: string;
  readonly name: string;
  readonly modelVersion: string;
  readonly license: string;
  readonly citation?: string;
  readonly classes?: readonly { readonly name: string }[];
  readonly normalization?: {
    readonly mean: readonly [number, number, number];
    readonly std: readonly [number, number, number];
  };
}

const check: Command<CheckOptions> = {
  about: "Checks models: model.json, digests, and a self-test on this machine.",
  usage: ["tilewise model check MODEL... [options]"],
  slides: ["MODEL...", "folders of models, URLs, or hf:OWNER/NAME@REVISION"],
  options: { device: deviceOptions.device, cache: modelOptions.cache },
  end: "Exit code: 0 if all are sound, 1 if any is not.",
};

const packOptions: OptionsOf<PackOptions> = {
  weights: modelOptions.weights,
  out: text({ value: "DIR", default: "", help: "the new folder" }),
  name: text({ value: "NAME", default: "", help: "name of the model" }),
  modelVersion: text({
    value: "VERSION",
    default: "1.0.0",
    help: "its version (default: 1.0.0)",
  }),
  license: text({
    value: "SPDX",
    default: "",
    help: "its license, as SPDX names it: MIT",
  }),
  citation: text({ value: "TEXT", help: "what to cite" }),
  classes: objectOptions.classes,
  normalization: modelOptions.normalization,
  device: deviceOptions.device,
};

const pack: Command<PackOptions> = {
  about: `Makes a model's folder from weights. Tile, expansion, scale, class and
normalization are those that the weights were trained with; model.json can be
edited.`,
  usage: [
    "tilewise model pack --weights FILE --out DIR --name NAME --license SPDX",
  ],
  options: packOptions,
  end:
    "Exit code: 0 if it is made, 1 if not, 2 if the command line is invalid.",
  rules: ({ weights, out, name, license }) => [
    [weights.length > 0, "No weights given: add --weights FILE"],
    [out !== "", "No output folder given: add --out DIR"],
    [name !== "", "No name given: add --name NAME"],
    [license !== "", "No license given: add --license, such as MIT"],
  ],
};

/**
 * The command `model`: checks models, or makes the folder of one.
 *
 * @returns the exit code.
 * @throws {UsageError} If the command line is invalid.
 */
export async function model(
  [what, ...args]: readonly string[],
  { signal }: { readonly signal: AbortSignal },
): Promise<number> {
  if (what === "check") return await checkAll(args, signal);
  if (what === "pack") return await packOne(args);
  if (what === "--help" || what === "-h") {
    printLines(`${helpOf(check)}\n\n${helpOf(pack)}`);
    return 0;
  }
  throw new UsageError('Say "model check" or "model pack"');
}

async function checkAll(
  args: readonly string[],
  signal: AbortSignal,
): Promise<number> {
  if (args.length === 0) throw new UsageError("No model given");
  const options = readCommand(check, args);
  if (!options) {
    printLines(helpOf(check));
    return 0;
  }
  const { slides: models, device, cache } = options;
  for (const model of models) await allowModel({ model, cache });
  if (device === "cpu") await allowOnnxruntime();
  let failed = 0;
  const onNotice = (text: string) => printError(`tilewise: ${text}`);
  for (const model of models) {
    try {
      const opened = await openModel(model, { cache, signal, onNotice });
      const found = await testModel(opened, { device, signal });
      const { title, manifest: { weights } } = opened;
      const count = `${weights.length} network${weights.length > 1 ? "s" : ""}`;
      const intact = `${title}: ${count}, digests match`;
      if (!found) {
        printLine(`${intact}; it has no self-test`);
        continue;
      }
      const { difference, tolerance, device: name } = found;
      const passes = difference <= tolerance;
      if (!passes) failed++;
      printLine(
        `${intact}; self-test ${
          passes ? "passed" : "failed"
        }: probabilities differ by ${
          difference.toExponential(1)
        }, of ${tolerance} allowed (${name})`,
      );
    } catch (error) {
      signal.throwIfAborted();
      failed++;
      printError(`tilewise: ${oneLine(error)}`);
    }
  }
  return failed > 0 ? 1 : 0;
}

async function packOne(args: readonly string[]): Promise<number> {
  const options = readCommand(pack, args);
  if (!options) {
    printLines(helpOf(pack));
    return 0;
  }
  const { weights, out, modelVersion: version, normalization, device } =
    options;
  await allowFiles([out], { action: "write a model", write: true });
  if (device === "cpu") await allowOnnxruntime();
  const opened = await packModel(weights, {
    ...{ out, version, name: options.name, license: options.license },
    ...{ citation: options.citation, classes: options.classes },
    ...{ input: normalization, device },
    onNotice: (text) => printError(`tilewise: ${text}`),
  });
  printLine(`${opened.label}: ${out}`);
  return 0;
}

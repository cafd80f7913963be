import { dirname } from "node:path";
import { cannot, printable } from "../errors/cannot.ts";
import { AtomicFile } from "../io/atomic_file.ts";
import { openModel } from "../model_folder/open_model.ts";
import { type Command, helpOf, readCommand } from "../options/command.ts";
import { type ModelOptions, modelOptions } from "../options/model.ts";
import { number, text } from "../options/option.ts";
import {
  exportNetwork,
  type ExportNetworkOptions,
} from "../predict/export_network.ts";
import { allowFiles, allowModel } from "./allow_files.ts";
import { printError, printLine, printLines } from "./print.ts";
import { quietOption } from "./printer.ts";

interface ExportOptions {
  readonly weights?: string;
  readonly model?: string;
  readonly cache?: string;
  readonly onnx?: string;
  readonly tile?: number;
  readonly normalization?: ModelOptions["normalization"];
  readonly quiet: boolean;
}

const command: Command<ExportOptions> = {
  about: "Writes a model as an ONNX file, for other programs.",
  usage: [
    "tilewise export --weights FILE --onnx FILE.onnx [options]",
    "tilewise export --model MODEL --onnx FILE.onnx [options]",
  ],
  options: {
    weights: text({
      value: "FILE",
      help: "safetensors or PyTorch checkpoint, or an ONNX file",
    }),
    model: {
      ...modelOptions.model,
      help:
        "model of one network, in place of --weights: a folder, a URL, or " +
        "hf:OWNER/NAME@REVISION",
    },
    cache: modelOptions.cache,
    onnx: text({ value: "FILE", help: "the file to write" }),
    tile: number({
      value: "PX",
      least: 1,
      whole: true,
      help: "side of its pictures, expansion included (default: any, if the " +
        "network allows it)",
    }),
    normalization: modelOptions.normalization,
    ...quietOption,
  },
  headings: { weights: "" },
  end:
    `The file has opset 17: normalized RGB image, N×3×H×W, in, and logits, N×C×H×W,
out. Its metadata are image_mean, image_std (0 to 1) and training, which infer
reads back.

Exit code: 0 if it is written, 1 if not, 2 if the command line is invalid, 130
after Ctrl-C.`,
  rules: ({ weights, model, onnx }) => [
    [
      weights !== undefined || model !== undefined,
      "No model given: add --weights FILE or --model MODEL",
    ],
    [
      weights === undefined || model === undefined,
      "--model and --weights cannot be combined",
    ],
    [Boolean(onnx), "No file to write given: add --onnx FILE"],
  ],
};

/** The one network that is exported. */
async function networkOf(
  { weights, model, cache, normalization, quiet }: ExportOptions,
  { signal }: { readonly signal: AbortSignal },
): Promise<ExportNetworkOptions & { readonly weights: string }> {
  if (model === undefined) return { weights: weights!, normalization };
  const opened = await openModel(model, {
    ...{ cache, signal },
    onNotice: (text) => quiet ? undefined : printError(`tilewise: ${text}`),
  });
  if (opened.weights.length > 1) {
    throw cannot(
      `export model "${model}"`,
      `it is an ensemble of ${opened.weights.length} networks, and a file holds one: give the weights of one of them with --weights`,
    );
  }
  return {
    weights: opened.weights[0],
    normalization: normalization ?? opened.normalization,
    architecture: opened.architecture,
    training: opened.training,
  };
}

/**
 * The command `export`: writes a model as an ONNX file.
 *
 * @returns the exit code.
 * @throws {UsageError} If the command line is invalid.
 * @throws {Error} If the model cannot be read, exported or written.
 */
export async function exportCommand(
  args: readonly string[],
  { signal }: { readonly signal: AbortSignal },
): Promise<number> {
  const options = readCommand(command, args);
  if (!options) {
    printLines(helpOf(command));
    return 0;
  }
  const { tile, quiet } = options;
  const onnx = options.onnx!;
  await allowModel(options);
  if (options.weights !== undefined) {
    await allowFiles([options.weights], { action: "read the model" });
  }
  await allowFiles([dirname(onnx)], { action: "write the model", write: true });
  const { weights, ...network } = await networkOf(options, { signal });
  const exported = await exportNetwork(weights, { ...network, tile, signal });
  await AtomicFile.replace(onnx, exported.bytes);
  if (quiet) return 0;
  const { bytes, name, batch, side } = exported;
  const size = side === undefined ? "H×W" : `${side}×${side}`;
  printLine(
    `${printable(onnx)}: ${name}, ${
      (bytes.length / 1e6).toFixed(1)
    } MB, image ${batch ? "N" : 1}×3×${size}`,
  );
  return 0;
}

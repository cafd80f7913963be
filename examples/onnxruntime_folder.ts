/**
 * Prints the folder where Deno keeps the package onnxruntime-node, for `--allow-ffi`:
 *
 *     deno run --allow-ffi="$(deno run examples/onnxruntime_folder.ts)" …
 *
 * @module
 */
import { onnxruntimeFolder } from "../src/cpu/onnxruntime.ts";

console.log(onnxruntimeFolder() ?? "unknown");

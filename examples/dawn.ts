/**
 * The command line on Dawn, the WebGPU of Chromium, in place of Deno's own, to compare them on a GPU:
 *
 *     deno run --allow-all examples/dawn.ts infer kidney.svs --model examples/demo_model --out results
 *
 * Dawn comes as the npm package `webgpu`, native code for all systems (132 MB). The library asks `navigator.gpu`, so it
 * needs no change.
 *
 * @module
 */
const WEBGPU = "npm:webgpu@0.6.2"; // not loaded until it is asked for
const { create, globals } = await import(WEBGPU);
for (const [name, value] of Object.entries(globals)) {
  Object.defineProperty(globalThis, name, { value, configurable: true });
}
Object.defineProperty(navigator, "gpu", { value: create([]) });

const { main } = await import("../src/cli/main.ts");
Deno.exit(await main(Deno.args));

import { assert, assertEquals, assertRejects } from "@std/assert";
import { GpuError } from "./gpu_error.ts";
import { Gpu } from "./gpu.ts";
import { type AdapterChoice, requestDevice } from "./request_device.ts";

/** Runs with another `requestAdapter()`, and tells what was asked of it. */
async function withAdapter(
  description: string | null,
  action: () => Promise<unknown>,
): Promise<GPURequestAdapterOptions[]> {
  const { gpu } = navigator;
  const asked: GPURequestAdapterOptions[] = [];
  const info = { description, vendor: "4318", device: "1", architecture: "" };
  const requestAdapter = (options: GPURequestAdapterOptions) => {
    asked.push(options);
    return Promise.resolve(description && { info });
  };
  Object.defineProperty(navigator, "gpu", {
    value: { requestAdapter },
    configurable: true,
  });
  try {
    await action();
  } finally {
    Object.defineProperty(navigator, "gpu", { value: gpu, configurable: true });
  }
  return asked;
}

function refused(choice: AdapterChoice, message: string) {
  return () => assertRejects(() => requestDevice(choice), GpuError, message);
}

Deno.test("requestDevice() asks for the adapter that was chosen", async () => {
  const none = "no WebGPU adapter was found";
  const ask = (choice: AdapterChoice, message = none) =>
    withAdapter(null, refused(choice, message));
  assertEquals(
    [
      ...await ask("auto"),
      ...await ask("high-performance"),
      ...await ask("low-power"),
      ...await ask("software", "Cannot use a software adapter as none was"),
    ],
    [
      { powerPreference: "high-performance" },
      { powerPreference: "high-performance" },
      { powerPreference: "low-power" },
      { forceFallbackAdapter: true },
    ],
  );
});

Deno.test("requestDevice() refuses an adapter of another kind by name, with a way out", async () => {
  for (const choice of ["high-performance", "low-power"] as const) {
    await withAdapter(
      "llvmpipe (LLVM 15.0.6, 256 bits)",
      refused(
        choice,
        `Cannot use a ${choice} GPU as only a software adapter was found: received "llvmpipe (LLVM 15.0.6, 256 bits)"; install your GPU's driver, or choose the device auto`,
      ),
    );
  }
  await withAdapter(
    "NVIDIA L4",
    refused("software", 'received "NVIDIA L4"; choose the device auto'),
  );
  await assertRejects(
    () => requestDevice("fast" as AdapterChoice),
    TypeError,
    'as one of auto, high-performance, low-power, software: received "fast"',
  );
});

Deno.test("Gpu.request() gives the software adapter where it is chosen, and says that it is one", async () => {
  using gpu = await Gpu.request({ adapter: "software" });
  assert(gpu.about.software);
  assertEquals(gpu.adapter, gpu.about.name);
});

import { Gpu } from "./gpu.ts";
import { GpuError } from "./gpu_error.ts";
import {
  type AdapterChoice,
  describeAdapter,
  requestDevice,
} from "./request_device.ts";
import { assert, assertEquals, assertRejects } from "@std/assert";

const info = (description: string, vendor = "", more = {}) => ({
  ...{ description, vendor, device: "0", architecture: "" },
  ...more,
});

Deno.test("describeAdapter() recognizes software adapters by their flag or name", () => {
  const software = [
    info("llvmpipe (LLVM 15.0.6, 256 bits)", "65541"),
    info("lavapipe"),
    info("SwiftShader Device (Subzero)"),
    info("Microsoft Basic Render Driver", "5140"),
    info("WARP"),
    info("some CPU", "", { isFallbackAdapter: true }),
  ];
  const hardware = [
    info("NVIDIA L4", "4318"),
    info("AMD Radeon RX 6800 (RADV NAVI21)", "4098"),
    info("Apple M2", "4203"),
    info("Warpdrive 9000", ""),
  ];
  const isSoftware = (one: ReturnType<typeof info>) =>
    describeAdapter(one, { os: "linux" }).software;
  assertEquals(software.map(isSoftware), software.map(() => true));
  assertEquals(hardware.map(isSoftware), hardware.map(() => false));
});

Deno.test("describeAdapter() names vendor, driver and backend if they are certain", () => {
  const subgroups = { subgroupMinSize: 32, subgroupMaxSize: 32 };
  const card = info("NVIDIA L4", "4318", subgroups);
  const backend = (os?: string, wanted?: string, one = card) =>
    describeAdapter(one, { os, wanted }).backend;
  assertEquals(describeAdapter(card, { os: "linux" }), {
    name: "NVIDIA L4",
    vendor: "NVIDIA",
    driver: undefined,
    backend: "Vulkan",
    software: false,
  });
  const radv = info("AMD Radeon RX 6800 (RADV NAVI21)", "4098");
  assertEquals(describeAdapter(radv, {}).driver, "Mesa RADV");
  const none = info("a card", "", {
    subgroupMinSize: 4,
    subgroupMaxSize: 128,
  });
  assertEquals(backend("linux", undefined, none), "Vulkan or OpenGL");
  assertEquals(backend("linux", "gl"), "OpenGL");
  assertEquals(backend("windows"), "Vulkan or Direct3D 12");
  assertEquals(backend("windows", "dx12,vulkan"), "Vulkan or Direct3D 12");
  assertEquals(backend("windows", "DX12"), "Direct3D 12");
  assertEquals(backend("darwin"), "Metal");
  assertEquals(backend(), "the browser's");
  // Browsers give names, not numbers.
  assertEquals(describeAdapter(info("", "nvidia"), {}).vendor, "nvidia");
  assertEquals(describeAdapter(info("", "77"), {}).vendor, undefined);
});

/** Runs an action with a mocked `requestAdapter()`, and returns the options it received. */
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

Deno.test("requestDevice() requests the chosen adapter", async () => {
  const none = "no WebGPU adapter was found";
  const ask = (choice: AdapterChoice, message = none) =>
    withAdapter(null, refused(choice, message));
  assertEquals(
    [
      ...await ask("auto"),
      ...await ask("high-performance"),
      ...await ask("low-power"),
      ...await ask(
        "software",
        "Cannot use a software adapter: none was found; install one",
      ),
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
        `Cannot use a ${choice} GPU: only a software adapter was found, "llvmpipe (LLVM 15.0.6, 256 bits)"; install your GPU's driver, or use the device auto`,
      ),
    );
  }
  await withAdapter(
    "NVIDIA L4",
    refused(
      "software",
      'Cannot use a software adapter: the system gave "NVIDIA L4" instead; use the device auto',
    ),
  );
  await assertRejects(
    () => requestDevice("fast" as AdapterChoice),
    TypeError,
    'Cannot choose an adapter: expected one of auto, gpu, high-performance, low-power, software, received "fast"',
  );
});

Deno.test("Gpu.request() returns the software adapter if chosen, and reports it as such", async () => {
  using gpu = await Gpu.request({ adapter: "software" });
  assert(gpu.about.software);
  assertEquals(gpu.adapter, gpu.about.name);
});

import { GpuError } from "./gpu_error.ts";

const FEATURES = ["timestamp-query", "subgroups"] as GPUFeatureName[];

// Limits that kernels and buffers profit from; the rest stay at WebGPU's defaults.
const LIMITS = [
  "maxStorageBufferBindingSize",
  "maxBufferSize",
  "maxStorageBuffersPerShaderStage",
  "maxComputeWorkgroupStorageSize",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupSizeX",
  "maxComputeWorkgroupSizeY",
] as const;

const NO_ADAPTER = "Cannot use the GPU as no WebGPU adapter was found: " +
  "install a Vulkan driver for your GPU, or a software one (Debian, Ubuntu: apt-get install mesa-vulkan-drivers)";

/** A device and what its adapter tells of itself. */
export interface RequestedDevice {
  /** The device. */
  readonly device: GPUDevice;
  /** Its adapter's. */
  readonly info: GPUAdapterInfo;
  /** What each shader has to begin with. */
  readonly directives: string;
  /** Whether its `pack2x16float` is slower than arithmetic. */
  readonly slowPack: boolean;
  /** The adapter, its driver and the runtime by name. */
  readonly identity: string;
}

// That threads of a subgroup go the same way is for the kernels to see to: compilers prove it only where no group of threads
// leaves early.
const SUBGROUPS = "enable subgroups; diagnostic(off, subgroup_uniformity); ";

/** Requests a device with the adapter's own limits, not WebGPU's smaller defaults. */
export async function requestDevice(): Promise<RequestedDevice> {
  if (typeof navigator === "undefined" || !navigator.gpu) {
    throw new GpuError(
      "unsupported",
      "Cannot use the GPU as this runtime has no WebGPU: use Deno 2, or a browser with WebGPU",
    );
  }
  const adapter = await navigator.gpu.requestAdapter({
    powerPreference: "high-performance",
  });
  if (!adapter) throw new GpuError("no-adapter", NO_ADAPTER);
  const requiredLimits: Record<string, number> = {};
  for (const name of LIMITS) requiredLimits[name] = adapter.limits[name];
  const descriptor = {
    label: "tilewise.device",
    requiredFeatures: FEATURES.filter((name) => adapter.features.has(name)),
    requiredLimits,
  };
  try {
    // Asked of the adapter: in Deno 2.9 device.adapterInfo ends the process once the adapter was collected.
    const { info } = adapter;
    const device = await requestWithSubgroups(adapter, descriptor) ??
      await adapter.requestDevice(descriptor);
    // Deno gives subgroups without listing them, and its compiler takes them without an `enable` line, and none with it.
    const listed = adapter.features.has("subgroups" as GPUFeatureName);
    return {
      device,
      info,
      directives: listed ? SUBGROUPS : "",
      slowPack: info.description.startsWith("llvmpipe"),
      identity: [
        info.vendor,
        info.architecture,
        info.device,
        info.description,
        navigator.userAgent,
      ].filter(Boolean).join(" "),
    };
  } catch (cause) {
    throw new GpuError(
      "no-adapter",
      `Cannot use the GPU as its adapter gave no device: received "${
        (cause as Error).message
      }"`,
      { cause },
    );
  }
}

/** Deno gives subgroups to who asks for them, though its adapters do not list them. */
async function requestWithSubgroups(
  adapter: GPUAdapter,
  descriptor: GPUDeviceDescriptor & { requiredFeatures: GPUFeatureName[] },
): Promise<GPUDevice | undefined> {
  if (!("Deno" in globalThis)) return undefined;
  const requiredFeatures = [
    ...descriptor.requiredFeatures,
    "subgroups" as GPUFeatureName,
  ];
  try {
    return await adapter.requestDevice({ ...descriptor, requiredFeatures });
  } catch {
    return undefined; // an adapter without them
  }
}

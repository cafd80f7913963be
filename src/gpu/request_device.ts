import { GpuError } from "./gpu_error.ts";

/** Description of a device's adapter, as far as it is certain. */
export interface AdapterDescription {
  /** Name of the adapter, such as `NVIDIA L4`; `unknown` for a device of the caller. */
  readonly name: string;
  /** Vendor, such as `NVIDIA`. */
  readonly vendor?: string;
  /** Driver, if the adapter's name contains it; WebGPU reports no driver and no version. */
  readonly driver?: string;
  /** The API below WebGPU; two joined by "or" if it is ambiguous. */
  readonly backend: string;
  /** Whether it is a software adapter. */
  readonly software: boolean;
}

/** A device of the caller, about which nothing is known. */
export const unknownAdapter: AdapterDescription = {
  name: "unknown",
  backend: "unknown",
  software: false,
};

/** Names of adapters that are software. */
const SOFTWARE =
  /llvmpipe|lavapipe|softpipe|swiftshader|microsoft basic render|\bwarp\b/i;

/** Drivers by parts of adapters' names. */
const DRIVERS: readonly (readonly [RegExp, string])[] = [
  [/llvmpipe|lavapipe/i, "Mesa llvmpipe"],
  [/softpipe/i, "Mesa softpipe"],
  [/swiftshader/i, "SwiftShader"],
  [/microsoft basic render|\bwarp\b/i, "Microsoft WARP"],
  [/\bradv\b/i, "Mesa RADV"],
  [/\bnvk\b/i, "Mesa NVK"],
];

/** Vendors by their PCI-SIG or Khronos number; Deno reports no names. */
const VENDORS: Readonly<Record<string, string>> = {
  0x1002: "AMD",
  0x1010: "Imagination",
  0x106b: "Apple",
  0x10de: "NVIDIA",
  0x13b5: "Arm",
  0x1414: "Microsoft",
  0x5143: "Qualcomm",
  0x8086: "Intel",
  0x10005: "Mesa",
};

/** What the names in `DENO_WEBGPU_BACKEND` mean. */
const BACKENDS: Readonly<Record<string, string>> = {
  vulkan: "Vulkan",
  vk: "Vulkan",
  metal: "Metal",
  mtl: "Metal",
  dx12: "Direct3D 12",
  d3d12: "Direct3D 12",
  gl: "OpenGL",
  gles: "OpenGL",
  opengl: "OpenGL",
};

/**
 * Describes an adapter for messages and results.
 *
 * @param info WebGPU's adapter info.
 * @param options.os The system, as `Deno.build.os` has it; `undefined` in a browser.
 * @param options.wanted The variable `DENO_WEBGPU_BACKEND`, where it may be read.
 */
export function describeAdapter(
  info: Pick<GPUAdapterInfo, "vendor" | "device" | "description"> & {
    readonly isFallbackAdapter?: boolean;
    readonly subgroupMinSize?: number;
    readonly subgroupMaxSize?: number;
  },
  { os, wanted }: { readonly os?: string; readonly wanted?: string },
): AdapterDescription {
  const name = info.description || info.device || info.vendor || "unknown";
  const vendor = VENDORS[info.vendor] ??
    (/^\d*$/.test(info.vendor) ? undefined : info.vendor);
  return {
    name,
    vendor,
    driver: DRIVERS.find(([pattern]) => pattern.test(name))?.[1],
    backend: backendOf(info, os, wanted),
    software: info.isFallbackAdapter === true || SOFTWARE.test(name),
  };
}

function backendOf(
  { subgroupMinSize, subgroupMaxSize }: {
    readonly subgroupMinSize?: number;
    readonly subgroupMaxSize?: number;
  },
  os: string | undefined,
  wanted: string | undefined,
): string {
  const asked = wanted?.split(",")
    .map((one) => BACKENDS[one.trim().toLowerCase()])
    .filter((one) => one !== undefined);
  if (asked && new Set(asked).size === 1) return asked[0];
  if (os === undefined) return "the browser's";
  if (os === "darwin") return "Metal";
  if (os === "windows") return "Vulkan or Direct3D 12";
  // OpenGL knows no subgroups: then wgpu tells the widest range that WebGPU allows.
  return subgroupMinSize === 4 && subgroupMaxSize === 128
    ? "Vulkan or OpenGL"
    : "Vulkan";
}

/**
 * Which adapter to request; WebGPU has no list of adapters.
 *
 * - `auto`: the fastest GPU, or a software adapter if there is none.
 * - `high-performance`, `low-power`: the GPU that the system prefers for it (usually discrete or integrated); no
 *   software adapter.
 * - `software`: a software adapter, even beside a GPU.
 */
export type AdapterChoice =
  | "auto"
  | "high-performance"
  | "low-power"
  | "software";

/** Options for `Gpu.request()`. */
export interface RequestGpuOptions {
  /** Which adapter. Default: `auto`. */
  readonly adapter?: AdapterChoice;
}

const CHOICES: Readonly<Record<AdapterChoice, GPURequestAdapterOptions>> = {
  auto: { powerPreference: "high-performance" },
  "high-performance": { powerPreference: "high-performance" },
  "low-power": { powerPreference: "low-power" },
  software: { forceFallbackAdapter: true },
};

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

/** A device and the description of its adapter. */
export interface RequestedDevice {
  /** The device. */
  readonly device: GPUDevice;
  /** Its adapter's. */
  readonly info: GPUAdapterInfo;
  /** First lines of each shader. */
  readonly directives: string;
  /** Whether its `pack2x16float` is slower than arithmetic. */
  readonly slowPack: boolean;
  /** The adapter, its driver and the runtime by name. */
  readonly identity: string;
  /** The adapter in words. */
  readonly about: AdapterDescription;
}

// That threads of a subgroup go the same way is for the kernels to see to: compilers prove it only where no group of threads
// leaves early.
const SUBGROUPS = "enable subgroups; diagnostic(off, subgroup_uniformity); ";

/**
 * Requests a device with the adapter's own limits, not WebGPU's smaller defaults.
 *
 * @throws {GpuError} If there is no WebGPU, no device, or no such adapter.
 * @throws {TypeError} If `choice` is invalid.
 */
export async function requestDevice(
  choice: AdapterChoice = "auto",
): Promise<RequestedDevice> {
  if (!Object.hasOwn(CHOICES, choice)) {
    throw new TypeError(
      `Cannot choose an adapter as one of ${
        Object.keys(CHOICES).join(", ")
      }: received "${choice}"`,
    );
  }
  if (typeof navigator === "undefined" || !navigator.gpu) {
    throw new GpuError(
      "unsupported",
      "Cannot use the GPU as this runtime has no WebGPU: use Deno 2, or a browser with WebGPU",
    );
  }
  const adapter = await navigator.gpu.requestAdapter(CHOICES[choice]);
  const wanted = await wantedBackend();
  if (!adapter) throw noAdapter(choice, wanted);
  const about = describeAdapter(adapter.info, { os: system(), wanted });
  checkChoice(choice, about);
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
      about,
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

/** The error if no adapter is found. */
function noAdapter(choice: AdapterChoice, wanted?: string): GpuError {
  const message = choice === "software"
    ? "Cannot use a software adapter as none was found: install one (Debian, Ubuntu: apt-get install mesa-vulkan-drivers), or choose the device auto"
    : NO_ADAPTER;
  const limited = wanted
    ? `; DENO_WEBGPU_BACKEND="${wanted}" allows no other backend`
    : "";
  return new GpuError("no-adapter", message + limited);
}

/** The system may return another kind of adapter than requested. */
function checkChoice(
  choice: AdapterChoice,
  { name, software }: AdapterDescription,
): void {
  if (choice === "auto" || software === (choice === "software")) return;
  throw new GpuError(
    "no-adapter",
    software
      ? `Cannot use a ${choice} GPU as only a software adapter was found: received "${name}"; install your GPU's driver, or choose the device auto`
      : `Cannot use a software adapter as the system gave another: received "${name}"; choose the device auto`,
  );
}

/** Deno's, where there is Deno. */
function system(): string | undefined {
  return "Deno" in globalThis ? Deno.build.os : undefined;
}

/** The value of the variable that limits Deno's backends, without a permission prompt. */
async function wantedBackend(): Promise<string | undefined> {
  if (!("Deno" in globalThis)) return undefined;
  const variable = "DENO_WEBGPU_BACKEND";
  const { state } = await Deno.permissions.query({ name: "env", variable });
  return state === "granted" ? Deno.env.get(variable) : undefined;
}

/** Deno enables subgroups on request, though its adapters do not list them. */
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

import { cannot } from "../errors/cannot.ts";
import { type GpuError, gpuFailure, messageOf } from "./gpu_error.ts";

/** Description of a device's adapter, as far as known. */
export interface AdapterDescription {
  /** Name of the adapter, such as `NVIDIA L4`; `unknown` for a device from the caller. */
  readonly name: string;
  /** Vendor, such as `NVIDIA`. */
  readonly vendor?: string;
  /** Driver, if the adapter's name contains it; WebGPU reports no driver and no version. */
  readonly driver?: string;
  /** The API under WebGPU; two joined by "or" if ambiguous. */
  readonly backend: string;
  /** Whether it is a software adapter. */
  readonly software: boolean;
}

/** The description of a device from the caller. */
export const unknownAdapter: AdapterDescription = {
  name: "unknown",
  backend: "unknown",
  software: false,
};

/** Names of software adapters. */
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

/** Vendors by PCI-SIG or Khronos number; Deno reports no names. */
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

/** Backends by the names that `DENO_WEBGPU_BACKEND` accepts. */
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
 * @param options.os The operating system, as in `Deno.build.os`; `undefined` in a browser.
 * @param options.wanted The variable `DENO_WEBGPU_BACKEND`, if it may be read.
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
  // OpenGL has no subgroups, so wgpu reports the widest range that WebGPU allows.
  return subgroupMinSize === 4 && subgroupMaxSize === 128
    ? "Vulkan or OpenGL"
    : "Vulkan";
}

/**
 * Which adapter to request; WebGPU has no list of adapters.
 *
 * - `auto`, `gpu`: the fastest GPU, or a software adapter if there is none.
 * - `high-performance`, `low-power`: the GPU that the system prefers for it (usually discrete or integrated); never a
 *   software adapter.
 * - `software`: a software adapter, even if there is a GPU.
 */
export type AdapterChoice =
  | "auto"
  | "gpu"
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
  gpu: { powerPreference: "high-performance" },
  "high-performance": { powerPreference: "high-performance" },
  "low-power": { powerPreference: "low-power" },
  software: { forceFallbackAdapter: true },
};

const FEATURES = ["timestamp-query", "subgroups"] as GPUFeatureName[];

// Limits that kernels and buffers benefit from; the others keep WebGPU's defaults.
const LIMITS = [
  "maxStorageBufferBindingSize",
  "maxBufferSize",
  "maxStorageBuffersPerShaderStage",
  "maxComputeWorkgroupStorageSize",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupSizeX",
  "maxComputeWorkgroupSizeY",
] as const;

const COMMAND = "(Debian, Ubuntu: apt-get install mesa-vulkan-drivers)";

/** A device and the description of its adapter. */
export interface RequestedDevice {
  readonly device: GPUDevice;
  readonly info: GPUAdapterInfo;
  /** Directives that every shader begins with. */
  readonly directives: string;
  /** Whether `pack2x16float` is slower than arithmetic. */
  readonly slowPack: boolean;
  /** The adapter, its driver and the runtime by name. */
  readonly identity: string;
  readonly about: AdapterDescription;
}

// The kernels ensure subgroup uniformity themselves: compilers prove it only if no threads return early.
const SUBGROUPS = "enable subgroups; diagnostic(off, subgroup_uniformity); ";

/**
 * Requests a device with the adapter's limits, not WebGPU's smaller defaults.
 *
 * @throws {GpuError} If there is no WebGPU, no device, or no such adapter.
 * @throws {TypeError} If `choice` is invalid.
 */
export async function requestDevice(
  choice: AdapterChoice = "auto",
): Promise<RequestedDevice> {
  if (!Object.hasOwn(CHOICES, choice)) {
    const choices = Object.keys(CHOICES).join(", ");
    throw cannot("choose an adapter", `expected one of ${choices}`, {
      received: choice,
      kind: TypeError,
    });
  }
  if (typeof navigator === "undefined" || !navigator.gpu) {
    throw gpuFailure("unsupported", {
      action: "use the GPU",
      reason:
        "this runtime has no WebGPU; use Deno 2, or a browser with WebGPU",
    });
  }
  const adapter = await navigator.gpu.requestAdapter(CHOICES[choice]);
  const wanted = await wantedBackend();
  if (!adapter) throw noAdapter(choice, wanted);
  const os = "Deno" in globalThis ? Deno.build.os : undefined;
  const about = describeAdapter(adapter.info, { os, wanted });
  checkChoice(choice, about);
  const requiredLimits: Record<string, number> = {};
  for (const name of LIMITS) requiredLimits[name] = adapter.limits[name];
  const descriptor = {
    label: "tilewise.device",
    requiredFeatures: FEATURES.filter((name) => adapter.features.has(name)),
    requiredLimits,
  };
  try {
    // In Deno 2.9, device.adapterInfo crashes the process after the adapter was garbage-collected.
    const { info } = adapter;
    const device = await requestWithSubgroups(adapter, descriptor) ??
      await adapter.requestDevice(descriptor);
    // Deno provides subgroups without listing them, and its compiler rejects the `enable` directive.
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
    throw gpuFailure("no-adapter", {
      action: "use the GPU",
      reason: `the adapter gave no device (${messageOf(cause as Error)})`,
      cause,
    });
  }
}

/** The error if no adapter was found. */
function noAdapter(choice: AdapterChoice, wanted?: string): GpuError {
  const [action, reason] = choice === "software"
    ? [
      "use a software adapter",
      `none was found; install one ${COMMAND}, or use the device auto`,
    ]
    : [
      "use the GPU",
      `no WebGPU adapter was found; install a Vulkan driver for your GPU, or a software one ${COMMAND}`,
    ];
  const limited = wanted
    ? `; DENO_WEBGPU_BACKEND="${wanted}" allows no other backend`
    : "";
  return gpuFailure("no-adapter", { action, reason: reason + limited });
}

/** Throws if the system returned another kind of adapter than requested. */
function checkChoice(
  choice: AdapterChoice,
  { name, software }: AdapterDescription,
): void {
  if (
    ["auto", "gpu"].includes(choice) || software === (choice === "software")
  ) return;
  const [action, reason] = software
    ? [
      `use a ${choice} GPU`,
      `only a software adapter was found, "${name}"; install your GPU's driver, or use the device auto`,
    ]
    : [
      "use a software adapter",
      `the system gave "${name}" instead; use the device auto`,
    ];
  throw gpuFailure("no-adapter", { action, reason });
}

/** Reads the variable that limits Deno's backends, without a permission prompt. */
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
    return undefined; // the adapter has no subgroups
  }
}

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

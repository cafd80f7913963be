import type { AdapterChoice } from "../gpu/request_device.ts";

/** What help says of `--device`. */
export const deviceHelp =
  `  --device KIND         auto (the fastest GPU, or a software adapter where there
                        is none), high-performance or low-power (the GPU that
                        the system has for it, and no software adapter), or
                        software (default: auto); the variables
                        DENO_WEBGPU_BACKEND (vulkan, gl, dx12, metal) and
                        VK_DRIVER_FILES narrow what there is`;

/** What `--device` may be; the first where it is not given. */
export const DEVICES = [
  "auto",
  "high-performance",
  "low-power",
  "software",
] as const satisfies readonly AdapterChoice[];

import type { Gpu } from "../gpu/gpu.ts";
import type { AdapterChoice } from "../gpu/request_device.ts";

/**
 * Says on standard error what a run computes on, and warns of a software adapter: it is slow, and where there is a GPU, its
 * driver is missing. Nothing where it shall be quiet.
 */
export function tellDevice(
  { about }: Pick<Gpu, "about">,
  { precision, device, quiet }: {
    readonly precision: string;
    /** What was asked for: who asks for a software adapter need not be warned. */
    readonly device: AdapterChoice;
    readonly quiet: boolean;
  },
): void {
  if (quiet) return;
  const { name, vendor, driver, backend, software } = about;
  const maker = vendor && !name.toLowerCase().includes(vendor.toLowerCase())
    ? ` (${vendor})`
    : "";
  console.error(
    `Device: ${name}${maker}, driver ${
      driver ?? "not told by WebGPU"
    }, backend ${backend}, precision ${precision}`,
  );
  if (!software || device === "software") return;
  console.error(
    "tilewise: warning: this is a software adapter, many times slower than a GPU; where there is one, install its driver " +
      "(NVIDIA's, or Debian, Ubuntu: apt-get install mesa-vulkan-drivers), or see what --device high-performance says",
  );
}

import { assertEquals } from "@std/assert";
import { hardwareOf } from "./hardware.ts";

const limits = {
  maxComputeInvocationsPerWorkgroup: 256,
  maxComputeWorkgroupStorageSize: 16_384,
};

function kindOf(vendor: string | undefined, name: string, software = false) {
  const about = { name, vendor, backend: "Vulkan", software };
  return hardwareOf(about, limits)?.kind;
}

Deno.test("hardwareOf() tells GPUs with memory of their own by their names", () => {
  for (
    const [vendor, ...names] of [
      [
        "NVIDIA",
        "NVIDIA H100 80GB HBM3",
        "NVIDIA GeForce RTX 4070",
        "NVIDIA L4",
      ],
      ["AMD", "AMD Radeon RX 7900 XTX (RADV NAVI31)", "AMD Instinct MI210"],
      ["AMD", "AMD Radeon PRO W7800"],
      [
        "Intel",
        "Intel(R) Arc(tm) A770 Graphics (DG2)",
        "Intel(R) Arc(TM) B580",
      ],
    ]
  ) {
    for (const name of names) {
      assertEquals(kindOf(vendor, name), "discrete", name);
    }
  }
  for (
    const [vendor, ...names] of [
      ["NVIDIA", "NVIDIA Tegra Orin (nvgpu)"],
      [
        "AMD",
        "AMD Radeon Graphics (RADV RENOIR)",
        "AMD Radeon 780M (RADV PHOENIX)",
      ],
      [
        "Intel",
        "Intel(R) Iris(R) Xe Graphics (TGL GT2)",
        "Intel(R) Arc(tm) Graphics (MTL)",
      ],
      ["Apple", "Apple M2 Max"],
      ["Qualcomm", "Adreno (TM) 740"],
    ]
  ) {
    for (const name of names) {
      assertEquals(kindOf(vendor, name), "integrated", name);
    }
  }
  assertEquals(kindOf(undefined, "unknown"), undefined);
  assertEquals(
    kindOf("Mesa", "llvmpipe (LLVM 15.0.6, 256 bits)", true),
    undefined,
  );
});

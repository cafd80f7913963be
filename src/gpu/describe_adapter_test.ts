import { assertEquals } from "@std/assert";
import { describeAdapter } from "./describe_adapter.ts";

const info = (description: string, vendor = "", more = {}) => ({
  ...{ description, vendor, device: "0", architecture: "" },
  ...more,
});

Deno.test("describeAdapter() knows software adapters, by their flag and by their names", () => {
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

Deno.test("describeAdapter() names vendor, driver and backend where they are certain", () => {
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

import { KernelProfile } from "./tuning_file.ts";
import { assertEquals } from "@std/assert";

Deno.test("KernelProfile.table() adds up the tiles' kernels, slowest first", () => {
  const profile = new KernelProfile();
  const pool = { name: "a", kernel: "max_pool2d", flops: 0, bytes: 2e6 };
  const conv = { name: "b", kernel: "conv2d", flops: 4e9, bytes: 8e6 };
  profile.add([{ ...pool, milliseconds: 1 }, { ...conv, milliseconds: 50 }]);
  profile.add([{ ...pool, milliseconds: 3 }, { ...conv, milliseconds: 46 }]);
  assertEquals(
    profile.table({ read: 25, predict: 75 }),
    `stage                     ms      %
read                    25.0   25.0
predict                 75.0   75.0

kernel                    ms      %   calls  GFLOP/s    GB/s
conv2d                  96.0   96.0       2     83.3    0.17
max_pool2d               4.0    4.0       2        –    1.00`,
  );
});

import { assertEquals } from "@std/assert";
import { assertClose } from "../../tests/helpers/assert_close.ts";
import {
  cases,
  expect,
  problemOf,
  run,
  TOLERANCE,
} from "../../tests/helpers/convolution_case.ts";
import { gpu } from "../../tests/helpers/shared_gpu.ts";
import { variantsOf } from "./conv2d_variant.ts";

for (const [name, test] of Object.entries(cases)) {
  const several = name === "several strips"; // which is slow, and a single strip in f16
  for (
    const precision of several ? ["f32"] as const : ["f32", "f16"] as const
  ) {
    Deno.test(`lowerConv2d() by ${test.algorithm} matches the CPU reference in ${precision}: ${name}`, async () => {
      const { actual, kernels } = await run(test, precision);
      const strips = several ? 2 : 1;
      const expected = test.algorithm === "patch"
        ? ["conv2d_patch"]
        : Array.from({ length: strips }, () => [
          ...test.parts.map(() => "winograd_input"),
          "conv2d",
          "winograd_output",
        ]).flat();
      // The device and the size determine which kernel computes the products.
      const names = kernels.map((kernel) =>
        kernel === "conv2d_pointwise" ? "conv2d" : kernel
      );
      assertEquals(names, expected);
      assertClose(actual, expect(test, precision), {
        tolerance: TOLERANCE[precision],
      });
    });
  }
}

for (
  const name of [
    "wide, for workgroup memory",
    "two images of three parts",
    "a part that is normalized as it is loaded",
    "4 channels a group",
  ]
) {
  const test = cases[name];
  for (const precision of ["f32", "f16"] as const) {
    Deno.test(`lowerConv2d() gives the same result with every variant, in ${precision}: ${name}`, async () => {
      const variants = variantsOf(problemOf(test), gpu);
      const expected = expect(test, precision);
      for (const [i, variant] of variants.entries()) {
        if (i % 2 === 1 && !name.startsWith("wide")) continue; // there are many tilings, which the kernel's tests cover
        const { actual } = await run(test, precision, variant);
        assertClose(actual, expected, {
          tolerance: TOLERANCE[precision],
          name: JSON.stringify(variant),
        });
      }
    });
  }
}

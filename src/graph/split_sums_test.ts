import { assertEquals } from "@std/assert";
import { assertClose } from "../../tests/helpers/assert_close.ts";
import {
  cases,
  expect,
  run,
  TOLERANCE,
} from "../../tests/helpers/convolution_case.ts";

for (const precision of ["f32", "f16"] as const) {
  Deno.test(`lowerConv2d() adds up sums in parts, in ${precision}`, async () => {
    const test = cases["wide, for workgroup memory"];
    const tiling = {
      ...{ lanes: 16, rows: 8, pixels: 4, outputs: 2 },
      ...{ broadcast: false, literal: false },
    };
    // Of the second input's three blocks, all are in the first part.
    for (const splits of [2, 3]) {
      const variant = { algorithm: "shared", tiling, splits } as const;
      const { actual, kernels } = await run(test, precision, variant);
      assertEquals(kernels, ["conv2d_shared", "add_parts"]);
      assertClose(actual, expect(test, precision), {
        tolerance: TOLERANCE[precision],
        name: `${splits} parts`,
      });
    }
  });
}

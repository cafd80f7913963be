import { assertEquals } from "@std/assert";
import { assertClose } from "../../tests/helpers/assert_close.ts";
import {
  cases,
  expect,
  run,
  TOLERANCE,
} from "../../tests/helpers/convolution_case.ts";

for (const precision of ["f32", "f16"] as const) {
  Deno.test(`lowerConv2d() adds up sums in parts, and uses two buffers, in ${precision}`, async () => {
    const test = cases["wide, for workgroup memory"];
    const tiling = {
      ...{ lanes: 16, rows: 8, pixels: 4, outputs: 2 },
      ...{ broadcast: false, literal: false },
    };
    // Of the second input's three blocks, all are in the first part.
    for (
      const how of [
        { splits: 2 },
        { splits: 3, double: true },
        { double: true },
      ] as const
    ) {
      const variant = { algorithm: "shared", tiling, ...how } as const;
      const { actual, kernels } = await run(test, precision, variant);
      assertEquals(
        kernels,
        "splits" in how ? ["conv2d_shared", "add_parts"] : ["conv2d_shared"],
      );
      assertClose(actual, expect(test, precision), {
        tolerance: TOLERANCE[precision],
        name: JSON.stringify(how),
      });
    }
  });
}

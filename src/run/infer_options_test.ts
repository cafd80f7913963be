import { UsageError } from "../errors/cannot.ts";
import { checkTiling } from "./infer_options.ts";
import { assertEquals, assertMatch, assertThrows } from "@std/assert";

const refused: [tile: number, expansion: number, message: string][] = [
  [100, 0, "received 100 + 0; for --tile, the nearest are 96 and 128"],
  [100, 256, "received 100 + 256; for --tile, the nearest are 96 and 128"],
  [20, 0, "received 20 + 0; for --tile, the nearest is 32"],
  [
    1024,
    100,
    "received 1024 + 100; for --expansion, the nearest are 96 and 128",
  ],
  [1024, 20, "received 1024 + 20; for --expansion, the nearest are 0 and 32"],
  [1000, 100, "received 1000 + 100; for --tile, the nearest are 988 and 1020"],
];
for (const [tile, expansion, message] of refused) {
  Deno.test(`checkTiling() names what is next to ${tile} and ${expansion}`, () => {
    const error = assertThrows(
      () => checkTiling({ tile, expansion }),
      UsageError,
    );
    assertEquals(
      error.message,
      `--tile plus --expansion must be a multiple of 32, ${message}`,
    );
  });
}

Deno.test("checkTiling() names sizes that fit", () => {
  for (let tile = 1; tile < 70; tile++) {
    for (let expansion = 0; expansion < 70; expansion++) {
      try {
        checkTiling({ tile, expansion });
      } catch (error) {
        const { message } = error as Error;
        if (tile % 2 === 1 && expansion % 2 === 1) {
          assertMatch(message, /expansion must be even/);
          continue;
        }
        const [, option, ...sizes] = /for --(\w+), .*? (\d+)(?: and (\d+))?$/
          .exec(message)!;
        for (const size of sizes.filter((one) => one !== undefined)) {
          checkTiling({ tile, expansion, [option]: Number(size) });
        }
      }
    }
  }
});

Deno.test("checkTiling() blames --reference where the expansion is that", () => {
  assertThrows(
    () => checkTiling({ tile: 1024, expansion: 300 }, "reference"),
    UsageError,
    "--tile plus --reference must be a multiple of 32, received 1024 + 300; for --reference, the nearest are 288 and 320",
  );
});

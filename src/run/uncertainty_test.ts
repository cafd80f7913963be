import { assertEquals } from "@std/assert";
import {
  countDisagreement,
  countUncertain,
  isUncertain,
  uncertainBytes,
} from "./uncertainty.ts";

Deno.test("uncertainBytes() are those near the threshold, never 0", () => {
  const near = (threshold: number) =>
    [...uncertainBytes(threshold)].flatMap((one, byte) => one ? byte : []);
  assertEquals(near(0.5).at(0), 102); // 0.4
  assertEquals(near(0.5).at(-1), 153); // 0.6
  assertEquals(near(0.05).at(0), 1);
  assertEquals(near(1).at(-1), 255);
});

Deno.test("countUncertain() counts what is on the slide", () => {
  const tile = {
    ...{ index: 0, column: 0, row: 0, x: -1, y: -2 },
    ...{ size: 4, expansion: 0, downsample: 1 },
  };
  const probability8 = new Uint8Array(16).fill(128);
  const uncertain = uncertainBytes(0.5);
  const count = (width: number, height: number) =>
    countUncertain({ tile, probability8 }, { uncertain, width, height });
  assertEquals(count(9, 9), 6); // 3 × 2
  assertEquals(count(2, 1), 2);
  probability8.fill(20, 8, 12); // the first row on the slide
  assertEquals(count(9, 9), 3);
});

Deno.test("countDisagreement() counts what is on the slide, in its pixels", () => {
  const tile = {
    ...{ index: 0, column: 0, row: 0, x: -2, y: 0 },
    ...{ size: 2, expansion: 0, downsample: 4 },
  };
  const count = (votes: number[], width = 99) =>
    countDisagreement({ tile, votes8: Uint8Array.from(votes) }, {
      ...{ width, height: 99 },
    });
  assertEquals(count([0, 255, 255, 0]), 0);
  assertEquals(count([128, 255, 64, 0]), 32);
  assertEquals(count([0, 128, 0, 1], 4), 0); // their centers are at 4
});

Deno.test("isUncertain() takes objects nearer to the threshold than to 1", () => {
  assertEquals(isUncertain({ probability: 0.74 }, 0.5), true);
  assertEquals(isUncertain({ probability: 0.75 }, 0.5), false);
  assertEquals(isUncertain({}, 0.5), false);
});

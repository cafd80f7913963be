import { SeamProfile } from "./measure_seams.ts";
import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";

const size = 64;
const options = { size, expansion: 0, threshold: 0.5 };

/** Predictions that miss everything within `reach` of the border, at two slide pixels per pixel. */
function missing(reach: number): Uint8Array {
  const span = size * 2;
  return Uint8Array.from({ length: span * span }, (_, i) => {
    const [x, y] = [i % span, Math.floor(i / span)];
    const distance = Math.min(x, y, span - 1 - x, span - 1 - y);
    return distance < reach * 2 ? 100 : 200;
  });
}

const all = new Uint8Array((size * 2) ** 2).fill(200);

Deno.test("SeamProfile.points says at which distance predictions differ", () => {
  const profile = new SeamProfile(options);
  profile.add(missing(6), all);
  const { points } = profile;
  assertEquals([points.length, points[0].distance], [32, 0.5]);
  for (const { distance, disagreement, difference } of points) {
    assertEquals(disagreement, distance < 6 ? 1 : 0);
    assertAlmostEquals(difference, distance < 6 ? 100 / 255 : 0, 1e-12);
  }
  // What is found: everything, and all but a frame of 6 of 64.
  assertAlmostEquals(
    profile.disagreement,
    1 - 2 * 52 ** 2 / (52 ** 2 + 64 ** 2),
    1e-12,
  );
});

Deno.test("SeamProfile.recommend() asks for as much expansion as hides what differs", () => {
  const recommend = (reach: number, expansion = 0) => {
    const profile = new SeamProfile({ ...options, expansion });
    profile.add(missing(reach), all);
    return profile.recommend(0.01);
  };
  assertEquals([recommend(0), recommend(6), recommend(16)], [0, 32, 32]);
  assertEquals([recommend(17), recommend(20, 32)], [64, 96]);
  assertEquals(recommend(32), undefined);
});

Deno.test("SeamProfile.merge() adds up, of tiles of one kind", () => {
  const [one, other] = [missing(6), all].map((predicted) => {
    const profile = new SeamProfile(options);
    profile.add(predicted, all);
    return profile;
  });
  one.merge(other);
  assertAlmostEquals(one.points[0].disagreement, 1 - 2 * 1 / 3, 1e-12);
  assertAlmostEquals(one.points[0].difference, 50 / 255, 1e-12);
  assertThrows(
    () => one.merge(new SeamProfile({ ...options, expansion: 32 })),
    RangeError,
    "tiles of 64+32 and 64+0 differ",
  );
});

Deno.test("SeamProfile finds what is above its threshold, not at it", () => {
  const flat = (byte: number) => all.map(() => byte);
  const disagreement = (threshold: number, found: number) => {
    const profile = new SeamProfile({ ...options, threshold });
    profile.add(flat(found), flat(0));
    return profile.disagreement;
  };
  assertEquals(disagreement(0.9, 230), 1); // 229.5 and above
  assertEquals(disagreement(0.9, 229), 0);
  assertEquals(disagreement(1 / 255, 1), 0);
  assertEquals(disagreement(1 / 255, 2), 1);
});

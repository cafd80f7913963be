import { assert, assertEquals } from "@std/assert";
import { Random } from "../train/random.ts";
import { MaskAgreement } from "./mask_agreement.ts";

Deno.test("MaskAgreement counts the pixels that a threshold would set otherwise, but for ties", () => {
  const random = new Random(3);
  for (const threshold of [0, 0.1, 0.5, 0.73, 1]) {
    const p = Float64Array.from({ length: 20000 }, () => random.uniform(0, 1));
    const mask = Uint8Array.from(p, (value) => value > threshold ? 1 : 0);
    const probability8 = Uint8Array.from(p, (value) => 255 * value + 0.5);
    const band = { y: 0, width: 200, height: 100, mask, probability8 };
    const whole = new MaskAgreement();
    whole.add(band);
    assertEquals(whole.contradictions(threshold), 0);
    assertEquals(whole.contradictions(), 0);
    // Cut at a threshold 0.2 away, a fifth of the pixels would be otherwise.
    const other = threshold < 0.5 ? threshold + 0.2 : threshold - 0.2;
    const share = whole.contradictions(other) / p.length;
    assert(Math.abs(share - 0.2) < 0.02, `${share}`);
    // Pixels that no threshold explains.
    const broken = mask.slice();
    const flipped = [...probability8.keys()].filter((i) =>
      Math.abs(probability8[i] - 255 * threshold) > 2
    ).slice(0, 7);
    for (const i of flipped) broken[i] = 1 - broken[i];
    const some = new MaskAgreement();
    some.add({ ...band, mask: broken });
    assertEquals(some.contradictions(threshold), 7);
  }
});

Deno.test("MaskAgreement has nothing to say without probabilities", () => {
  const agreement = new MaskAgreement();
  agreement.add({ y: 0, width: 2, height: 1, mask: Uint8Array.of(0, 1) });
  assertEquals(agreement.contradictions(0.5), 0);
  assertEquals(agreement.contradictions(), 0);
});

import { trainPage } from "./page.ts";
import { type PredictedSample, samplePicture } from "./sample_picture.ts";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { decode } from "fast-png";

const record = {
  epoch: 1,
  trainLoss: 0.5,
  valLoss: 0.4,
  dice: 0.8,
  learningRate: 1e-4,
};

const sample: PredictedSample = {
  name: `<kidney> at 0, 0`,
  side: 8,
  pixels: new Uint8Array(8 * 8 * 3).fill(200),
  mask: new Uint8Array(64).fill(1, 0, 32),
  probability: new Float32Array(64).fill(0.9, 0, 16),
};

Deno.test("trainPage() is one page without anything from outside", async () => {
  const html = await trainPage({
    title: `<fold> "0"`,
    epochs: 3,
    history: [record, { ...record, epoch: 2, dice: 0.9 }],
    settings: { labels: "<a>.csv", tile: "1024", lr: "", augment: "false" },
    samples: [sample],
  });
  assert(!/(src|href)="(?!data:)|<script|url\(/.test(html));
  assert(
    !html.includes("<fold>") && !html.includes("<kidney>") &&
      !html.includes("<a>"),
  );
  assertStringIncludes(html, "2 of 3 epochs");
  assertStringIncludes(html, "<td>1024 px</td>");
  assert(!html.includes("Maximum learning rate"), "it was not given");
  assertStringIncludes(
    html,
    "Best soft Dice <b>0.9000</b> after epoch 2 (dashed line)",
  );
  // 2 × 16 shared of 16 + 32.
  assertStringIncludes(html, "at 0, 0: Dice 0.667");
  assertStringIncludes(html, 'http-equiv="refresh"');
});

Deno.test("trainPage() shows runs without epochs, and those that are done", async () => {
  const options = { title: "run", epochs: 1, settings: {} };
  assertStringIncludes(
    await trainPage({ ...options, history: [] }),
    "No epoch is done yet",
  );
  const { epoch, trainLoss, learningRate } = record;
  const done = await trainPage({
    ...options,
    history: [{ epoch, trainLoss, learningRate }],
    done: true,
  });
  assert(!/refresh|NaN|undefined/.test(done));
  assertStringIncludes(done, "No epoch was validated");
  assertStringIncludes(done, '<td class="number">–</td>');
  assert(!done.includes("Soft Dice, validation"), "there is nothing to show");
});

Deno.test("samplePicture() is two panels", async () => {
  const { width, height, channels } = decode(await samplePicture(sample));
  assertEquals([width, height, channels], [20, 8, 3]);
  const large = await samplePicture({
    ...sample,
    side: 600,
    pixels: new Uint8Array(600 * 600 * 3),
    mask: new Uint8Array(360000),
    probability: new Float32Array(360000),
  });
  assertEquals(decode(large).height, 300);
});

Deno.test("trainPage() has a curve for each of several classes, and samplePicture() their colors", async () => {
  const classes = [{ name: "a", color: "#ff0000" }, { name: "<b>" }];
  const numbers = new Uint8Array(64).fill(1, 0, 16).fill(2, 16, 32);
  const colors = ["#ff0000", "#0000ff"];
  const found = new Uint8Array(64).fill(2, 0, 32);
  const two = { ...sample, mask: numbers, found, colors };
  const history = [{ ...record, classDice: [0.7, 0.9] }];
  const options = { title: "run", epochs: 2, settings: {} };
  const html = await trainPage({
    ...{ ...options, history, classes },
    samples: [two],
  });
  for (const text of ["mean Dice 0.8", "a 0.7", "&lt;b&gt; 0.9"]) {
    assertStringIncludes(html, text);
  }
  assert(!html.includes("what is unknown is pale"));
  // Half of what is labeled or found is of the right class.
  assertStringIncludes(html, "Dice 0.500");
  const { data, width } = decode(await samplePicture(two));
  const at = (x: number, y: number) => [
    ...data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3),
  ];
  assertEquals(at(0, 0), [228, 100, 100]); // 200 with red
  assertEquals(at(12, 0), [100, 100, 228]); // taken for the other class
  assertEquals(at(0, 7), [200, 200, 200]);
});

Deno.test("trainPage() shows what is unknown pale on the left, and scores the rest", async () => {
  // 16 pixels were found, 8 of them are unknown, and the others are right.
  const mask = new Uint8Array(64).fill(1, 0, 8).fill(255, 8, 24);
  const one = { ...sample, mask };
  const html = await trainPage({
    ...{ title: "run", epochs: 1, history: [record], settings: {} },
    samples: [sample, one],
  });
  assertStringIncludes(html, "what is unknown is pale");
  assertStringIncludes(html, "Dice 1.000");
  const colors = ["#ff0000", "#0000ff"];
  const several = { ...one, colors, found: mask.fill(2, 0, 8).slice(0) };
  for (const shown of [one, several]) {
    const { data, width } = decode(await samplePicture(shown));
    const at = (x: number, y: number) => data[(y * width + x) * 3];
    assertEquals([at(4, 2), at(16, 4), at(4, 6)], [241, 200, 200]);
  }
});

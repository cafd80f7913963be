import { captureConsole } from "../../tests/helpers/capture_console.ts";
import { fitLine, StepProgress, TrainProgress, widthOf } from "./progress.ts";
import { assert, assertEquals } from "@std/assert";

const text = "7/12 tiles, 0:42 left, 110 tiles/s";
const line = (name: string, columns: number, share = 0.5) =>
  fitLine({ name, share, text }, columns);

Deno.test("fitLine() shortens the bar, then the name, then the text", () => {
  const bar = (full: number, empty: number) =>
    "█".repeat(full) + "░".repeat(empty);
  const cases: [columns: number, line: string][] = [
    [80, `kidney_1 ${bar(15, 15)} ${text}`],
    [70, `kidney_1 ${bar(12, 13)} ${text}`],
    [53, `kidney_1 ${bar(4, 4)} ${text}`],
    [52, `kidney_1 ${text}`],
    [44, `kidney_1 ${text}`],
    [43, "kidney_1 7/12 tiles, 0:42 left"],
    [31, "kidney_1 7/12 tiles, 0:42 left"],
    [20, "kidney_1 7/12 tiles"],
    [15, "7/12 tiles"],
    [8, "7/12 t…"],
  ];
  for (const [columns, expected] of cases) {
    assertEquals(line("kidney_1", columns), expected, `${columns} columns`);
  }
  assertEquals(
    line("a_slide_with_a_long_name", 52),
    `a_slide_with_a_… ${text}`,
  );
});

Deno.test("fitLine() never fills a row, whatever the name is made of", () => {
  const names = [
    "a",
    "x".repeat(300),
    "腎臓の切片".repeat(9),
    "🔬❤️👩‍⚕️".repeat(9),
  ];
  for (const name of names) {
    for (let columns = 2; columns < 200; columns++) {
      const shown = line(name, columns);
      assert(widthOf(shown) < columns, `${columns}: ${shown}`);
    }
  }
});

Deno.test("fitLine() cuts no character in two, and lets no name control the terminal", () => {
  assertEquals(line("腎臓の切片標本", 50), `腎臓の切片標本 ${text}`);
  assertEquals(line("腎臓の切片標本", 47), `腎臓の切片… ${text}`);
  assertEquals(line("a\nb\x1b[2J", 50), `a\\nb\\x1b[2J ${text}`);
  assertEquals(line("a", 60, NaN).includes("█"), false);
});

/** Runs with a clock of its own. */
async function withClock(
  action: (pass: (milliseconds: number) => void) => void,
): Promise<string> {
  const { now } = performance;
  let time = 0;
  performance.now = () => time;
  try {
    const { error } = await captureConsole(() => {
      action((milliseconds) => time += milliseconds);
      return Promise.resolve(0);
    });
    return error;
  } finally {
    performance.now = now;
  }
}

Deno.test({
  name: "StepProgress shows rates of any size without exponents",
  ignore: Deno.stderr.isTerminal(), // where it draws a bar
  fn: async () => {
    const error = await withClock((pass) => {
      const fast = new StepProgress({ name: "fast", total: 40_000 });
      for (let i = 0; i < 1500; i++) {
        pass(i === 1499 ? 10_000 - 1499 : 1);
        fast.step();
      }
      const slow = new StepProgress({ name: "slow", total: 40 });
      pass(30_000_000);
      slow.step();
    });
    assertEquals(
      error,
      "fast: 1500/40000 tiles, 4:17 left, 150 tiles/s\n" +
        "slow: 1/40 tiles, 325:00:00 left, 0.0000333 tiles/s\n",
    );
  },
});

Deno.test({
  name: "TrainProgress shows learning rates without exponents",
  ignore: Deno.stderr.isTerminal(),
  fn: async () => {
    const event = { kind: "update", epoch: 1, updates: 9, loss: 0.5 } as const;
    const more = { learningRate: 1e-6, norm: 1, applied: true };
    const error = await withClock((pass) => {
      const progress = new TrainProgress({ epochs: 2, batch: 1600 });
      pass(10_000);
      progress.update({ ...event, ...more, update: 1 });
      pass(10_000);
      progress.update({ ...event, ...more, update: 2 });
    });
    assertEquals(
      error,
      "epoch 1/2: 1/9, loss 0.5000, learning rate 0.000001\n" +
        "epoch 1/2: 2/9, loss 0.5000, 2:40 left, 160 images/s, learning rate 0.000001\n",
    );
  },
});

import { assertEquals, assertMatch } from "@std/assert";
import type { Model } from "../predict/model.ts";
import { Tuning } from "../predict/tuning.ts";
import type { RunEvent } from "./run_context.ts";
import { isHardware, tuneModel } from "./tune_model.ts";

/** A model on a made-up device, with some shapes that were not measured. */
function modelOf(shapes: number, hardware?: unknown): Model {
  const made = {
    backend: { gpu: { hardware } },
    tune(_side: number, { onProgress }: Parameters<Model["tune"]>[1] = {}) {
      for (let done = 1; done <= shapes; done++) {
        onProgress?.({ done, total: shapes });
      }
      return Promise.resolve(shapes);
    },
  };
  return made as unknown as Model;
}

async function told(model: Model): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  await tuneModel(model, {
    side: 64,
    tuning: new Tuning(),
    asked: false,
    signal: new AbortController().signal,
    tell: (event) => void events.push(event),
  });
  return events;
}

Deno.test("Models on GPUs are tuned, those on software adapters and the CPU are not", () => {
  assertEquals(isHardware(modelOf(0, { kind: "discrete" })), true);
  assertEquals(isHardware(modelOf(0)), false);
  assertEquals(isHardware({ backend: {} } as Model), false);
});

Deno.test("tuneModel() shows progress, and says so where the result cannot be kept", async () => {
  const events = await told(modelOf(2));
  assertEquals(events.map(({ kind }) => kind), [
    ...["tuned", "tuned", "tiled"],
    "notice", // tests may not read the environment
  ]);
  const [, , , notice] = events;
  assertMatch(
    (notice as { text: string }).text,
    /^Measured which kernels are fastest, in 0 s; --tune keeps/,
  );
  assertEquals((await told(modelOf(0))).map(({ kind }) => kind), ["tiled"]);
});

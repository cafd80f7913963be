import { assertEquals, assertStringIncludes } from "@std/assert";
import { captureConsole } from "../../tests/helpers/capture_console.ts";
import { main } from "./main.ts";

/** Runs `action`, and counts the listeners to signals that it adds and removes. */
async function countListeners(
  action: () => Promise<unknown>,
): Promise<{ added: number; left: number }> {
  const { addSignalListener, removeSignalListener } = Deno;
  const left = new Set<() => void>();
  let added = 0;
  Deno.addSignalListener = (signal, listener) => {
    added++;
    left.add(listener);
    addSignalListener(signal, listener);
  };
  Deno.removeSignalListener = (signal, listener) => {
    left.delete(listener);
    removeSignalListener(signal, listener);
  };
  try {
    await action();
  } finally {
    Object.assign(Deno, { addSignalListener, removeSignalListener });
  }
  return { added, left: left.size };
}

Deno.test("main() leaves no listener to signals behind", async () => {
  const run = () => captureConsole(() => main(["view", "/nowhere.tif"]));
  // Ctrl-C, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2
  const added = Deno.build.os === "windows" ? 1 : 5;
  assertEquals(await countListeners(run), { added, left: 0 });
});

Deno.test("main() ends with its caller's signal, and listens to no other", async () => {
  const stop = new AbortController();
  stop.abort(new Error("stop here"));
  let result: { code: number; error: string } | undefined;
  const run = async () =>
    result = await captureConsole(() =>
      main(["infer", "a.tif", "--weights", "w", "--out", "out"], {
        signal: stop.signal,
      })
    );
  assertEquals(await countListeners(run), { added: 0, left: 0 });
  const { code, error } = result!;
  assertEquals(code, 130);
  assertStringIncludes(error, "tilewise: stop here\n");
});

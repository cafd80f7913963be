import { assertEquals } from "@std/assert";

Deno.test({
  name: "A second Ctrl-C ends a process at once, whatever it waits for",
  ignore: Deno.build.os === "windows",
  async fn() {
    const module = new URL("./interrupts.ts", import.meta.url).href;
    const child = new Deno.Command("deno", {
      args: [
        "eval",
        `import { listenForInterrupts } from ${JSON.stringify(module)};
        const { signal } = listenForInterrupts();
        signal.addEventListener("abort", () => console.log("first"));
        console.log("listening");
        setInterval(() => {}, 1000);`,
      ],
      stdout: "piped",
    }).spawn();
    const reader = child.stdout.pipeThrough(new TextDecoderStream())
      .getReader();
    assertEquals((await reader.read()).value, "listening\n");
    child.kill("SIGINT");
    assertEquals((await reader.read()).value, "first\n");
    child.kill("SIGINT");
    const { code, signal } = await child.status;
    assertEquals([code, signal], [130, null]);
    await reader.cancel();
  },
});

Deno.test({
  name:
    "Signals of schedulers end a command that hangs within a bound, and a second cuts nothing short",
  ignore: Deno.build.os === "windows",
  async fn() {
    const module = new URL("./interrupts.ts", import.meta.url).href;
    const names = ["SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2"] as const;
    await Promise.all(names.map(async (name) => {
      const child = new Deno.Command("deno", {
        args: [
          "eval",
          `import { listenForInterrupts } from ${JSON.stringify(module)};
          const { signal } = listenForInterrupts({ bounded: true });
          let beats = 0;
          signal.addEventListener("abort", () => {
            console.log("first");
            setInterval(() => ++beats === 10 && console.log("going on"), 10);
          });
          console.log("listening");
          setInterval(() => {}, 1000);`,
        ],
        stdout: "piped",
      }).spawn();
      const reader = child.stdout.pipeThrough(new TextDecoderStream())
        .getReader();
      assertEquals((await reader.read()).value, "listening\n");
      child.kill(name);
      assertEquals((await reader.read()).value, "first\n");
      child.kill(name);
      assertEquals((await reader.read()).value, "going on\n");
      const { code, signal } = await child.status;
      assertEquals([code, signal], [143, null]);
      await reader.cancel();
    }));
  },
});

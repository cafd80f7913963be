import { assertEquals } from "@std/assert";
import { cannot } from "../errors/cannot.ts";
import { gpuFailure } from "../gpu/gpu_error.ts";
import { mayPass } from "./may_pass.ts";

const system = (code: string) => Object.assign(new Error(code), { code });
const gpu = (kind: "lost" | "out-of-memory" | "no-adapter" | "validation") =>
  gpuFailure(kind, { action: "use the GPU", reason: kind });

Deno.test("mayPass() knows what another try may do, however deep its cause", () => {
  const deep = cannot("segment", "the disk may be full", {
    cause: cannot("write", "full", { cause: system("ENOSPC") }),
  });
  const transfer = Object.assign(new Error("reset"), { passing: true });
  const given = cannot("open", "gone", {
    cause: Object.assign(new Error("tried 4 times"), {
      passing: false,
      cause: transfer,
    }),
  });
  for (
    const error of [
      ...[deep, given, system("ESTALE"), gpu("lost"), gpu("out-of-memory")],
    ]
  ) assertEquals(mayPass(error), true, error.message);
});

Deno.test("mayPass() tells damaged files, wrong settings and missing drivers apart", () => {
  for (
    const error of [
      ...[cannot("open", "not a TIFF"), system("ENOENT"), system("EACCES")],
      ...[gpu("no-adapter"), gpu("validation"), "text", undefined],
      Object.assign(gpu("out-of-memory"), { isSetting: true }), // --memory
    ]
  ) assertEquals(mayPass(error), false, String(error));
});

import { assertEquals } from "@std/assert";
import { timeLeft } from "./progress.ts";

Deno.test("timeLeft() shows hours only where there are any", () => {
  const shown = [0, 59.6, 3599, 3600, 36061].map(timeLeft);
  assertEquals(shown, ["0:00", "1:00", "59:59", "1:00:00", "10:01:01"]);
});

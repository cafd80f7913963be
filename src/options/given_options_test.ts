import { assertEquals } from "@std/assert";
import { givenOptions } from "./given_options.ts";

Deno.test("givenOptions() names what a command line holds, in either form", () => {
  const args = ["a.svs", "--mpp", "1", "--tile=64", "-h", "--", "--expansion"];
  assertEquals([...givenOptions(args)], ["mpp", "tile"]);
});

import { assertEquals } from "@std/assert";
import { MANIFEST_SCHEMA } from "./manifest_schema.ts";
import { findFaults } from "./schema.ts";

Deno.test("findFaults() names each thing that is wrong, and where", () => {
  const faults = findFaults(
    { b: [1, 2.5], c: "x\n", d: -1, e: {}, __proto__: 1 },
    {
      type: "object",
      required: ["a", "toString"],
      additionalProperties: false,
      properties: {
        a: { type: "string" },
        b: { type: "array", items: { type: "integer" } },
        c: { type: "string", pattern: "^[a-z]+$", description: "a word" },
        d: { type: "number", minimum: 0, maximum: 1 },
      },
    },
    "",
  );
  assertEquals(faults, [
    "a is missing",
    "toString is missing",
    "e is not a field that is known",
    "b[1] must be a whole number, received 2.5",
    'c must be a word, received "x\\n"',
    "d must be from 0 to 1, received -1",
  ]);
});

Deno.test("docs/model.schema.json is the schema of this version", () => {
  const url = new URL("../../docs/model.schema.json", import.meta.url);
  assertEquals(JSON.parse(Deno.readTextFileSync(url)), {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "model.json of a Tilewise model, tilewise-model/1",
    ...JSON.parse(JSON.stringify(MANIFEST_SCHEMA)),
  });
});

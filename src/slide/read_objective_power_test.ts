import { assertEquals } from "@std/assert";
import { readObjectivePower } from "./read_objective_power.ts";

const read = (description: string) => readObjectivePower({ description });

Deno.test("readObjectivePower() reads Aperio's and OME's descriptions", () => {
  assertEquals(read("Aperio |AppMag = 20|MPP = 0.4990"), 20);
  const ome =
    `<OME:OME><OME:Instrument ID="a"><OME:Objective ID="b" NominalMagnification="40.0"/></OME:Instrument></OME:OME>`;
  assertEquals(read(ome), 40);
});

Deno.test("readObjectivePower() knows nothing where nothing sensible is said", () => {
  for (
    const text of [
      "",
      "AppMag = 0",
      "AppMag = twenty",
      `<Objective ID="x"/><Channel NominalMagnification="20"/>`,
    ]
  ) {
    assertEquals(read(text), undefined, text);
  }
});

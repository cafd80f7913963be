import { assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../errors/cannot.ts";
import { type Command, helpOf, readCommand } from "./command.ts";
import { seriesOf } from "./dicomweb.ts";

const command: Command<Record<never, never>> = {
  about: "Reads slides.",
  usage: ["read SLIDE"],
  slides: ["SLIDE", "a slide"],
  options: {},
  end: "",
};

Deno.test("readCommand() takes a series on a DICOMweb server for a slide", () => {
  const series = ["--study", "1.2.3", "--series=1.2.4"];
  assertEquals(
    readCommand(command, [
      ...["a.svs", "--dicomweb", "https://host/dicom-web/?key=1"],
      ...series,
    ])?.slides,
    ["a.svs", "https://host/dicom-web/studies/1.2.3/series/1.2.4?key=1"],
  );
  const url = "http://host:8042/studies/1.2.3/series/1.2.4";
  const args = ["--dicomweb", "http://host:8042", ...series];
  assertEquals(readCommand(command, args)?.slides, [url]);
  assertEquals(helpOf(command).includes("--dicomweb URL"), true);
});

Deno.test("seriesOf() refuses what is not complete, or no UID or URL", () => {
  const whole = { dicomweb: "http://host/", study: "1.2", series: "1.3" };
  assertEquals(seriesOf({}), undefined);
  const cases = [
    [{ ...whole, study: undefined }, "--study and --series go together"],
    [{ series: "1.2" }, "--dicomweb, --study and --series go together"],
    [{ ...whole, study: "1/2" }, '--study must be a UID, received "1/2"'],
    [{ ...whole, series: "" }, '--series must be a UID, received ""'],
    [{ ...whole, dicomweb: "host" }, "--dicomweb must be an http or https URL"],
  ] as const;
  for (const [options, reason] of cases) {
    assertThrows(() => seriesOf(options), UsageError, reason);
  }
});

Deno.test("readCommand() knows no --dicomweb where there are no slides", () => {
  const { slides: _, ...none } = command;
  assertThrows(
    () => readCommand(none, ["--dicomweb", "http://host"]),
    UsageError,
  );
});

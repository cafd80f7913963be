import { applyChange } from "../../../src/corrections/apply_change.ts";
import { readChanges } from "../../../src/corrections/change.ts";
import { ClassTable } from "../../../src/corrections/class_table.ts";
import {
  documentText,
  parseDocument,
} from "../../../src/corrections/corrected_document.ts";
import { mutateJson } from "../mutate/json.ts";
import { attackTexts, mutateText, toBytes } from "../mutate/text.ts";
import type { Bytes, Reader } from "../reader.ts";

const decode = (input: Bytes) => new TextDecoder().decode(input);

const slide = { name: "a", width: 1000, height: 1000 };
const ID = "6ba7b810-9dad-41d1-80b4-00c04fd430c8";
const feature = {
  ...{ type: "Feature", id: ID },
  geometry: {
    type: "Polygon",
    coordinates: [[[0, 0], [9, 0], [9, 9.25], [0, 0]]],
  },
  properties: {
    classification: { names: ["Tumor", "Positive"], color: [1, 2, 3] },
    isLocked: true,
    measurements: { "Area px^2": 41.6, x: "NaN" },
    metadata: {
      "tilewise.state": "rejected",
      "tilewise.class": '{"name":"a","color":[1,2,3]}',
      other: "kept",
    },
  },
};
const ring = [0, 0, 50.5, 0, 50, 50, 25, -0.5, 3, 40];

const DOCUMENTS = [
  documentText({
    ...{ head: new Map(), slide },
    texts: [JSON.stringify(feature)],
  }),
  JSON.stringify([{ ...feature, id: "PathDetectionObject" }])
    .replace('"NaN"', "NaN"),
];
const CHANGES = [
  { id: ID, state: "changed", name: "b", rings: [ring, ring.toReversed()] },
  { id: ID, state: null },
  { id: ID, removed: true },
].map((change) => JSON.stringify({ base: 1, changes: [change] }));

const WORDS = [
  ...[
    '"type":',
    '"Feature"',
    '"features":[',
    '"id":',
    '"tilewise":{',
    "{",
    "[",
  ],
  ...['"metadata":{', '"tilewise.state":"', "rejected", "]", "}", ",", '\\"'],
  ...["null", "NaN", "-Infinity", "1e999", "1e-7", '"rings":[[', "0,0,1,1,"],
];

export const CORRECTION_READERS: readonly Reader[] = [
  {
    name: "corrected_document",
    corpus: () => DOCUMENTS.map(toBytes),
    attacks: () =>
      ['{"type":"FeatureCollection","features":[', "[", '[{"type":"Feature",']
        .flatMap((start) => attackTexts(WORDS, { start })).map(toBytes),
    mutate: [mutateJson, mutateText(WORDS)],
    read(input) {
      const { head, features, ...rest } = parseDocument(decode(input), slide);
      const texts = features.map(({ text }) => text);
      const again = parseDocument(documentText({ head, texts, slide }), slide);
      if (again.features.some(({ text }, i) => text !== texts[i])) {
        throw "a feature is another when it is written and read";
      }
      const classes = new ClassTable(rest.classes);
      const decision = { at: "2000-01-01T00:00:00Z" };
      const context = { classes, slide, decision };
      for (const { id, text: original } of features) {
        const change = (state: "accepted" | "rejected", text: string) =>
          applyChange({ id, state }, { ...context, text, original });
        const rejected = change("rejected", original);
        JSON.parse(
          change("accepted", rejected).replaceAll("NaN", "0")
            .replaceAll("Infinity", "0"),
        );
      }
    },
  },
  {
    name: "changes",
    corpus: () => CHANGES.map(toBytes),
    attacks: () =>
      attackTexts(WORDS, { start: '{"base":1,"changes":[' }).map(toBytes),
    mutate: [mutateJson, mutateText(WORDS)],
    read(input) {
      const text = JSON.stringify(feature);
      const classes = new ClassTable([]);
      const decision = { at: "2000-01-01T00:00:00Z" };
      for (const change of readChanges(decode(input)).changes) {
        if ("removed" in change) continue;
        JSON.parse(applyChange(change, { text, classes, slide, decision }));
      }
    },
  },
];

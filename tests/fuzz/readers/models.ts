// The model.json of a model's folder, and what the cache says of an address.
import { readManifest } from "../../../src/model_folder/manifest.ts";
import { tinyManifest } from "../../helpers/make_model.ts";
import { readNote } from "../../../src/model_folder/model_cache.ts";
import { mutateJson } from "../mutate/json.ts";
import { attackTexts, toBytes } from "../mutate/text.ts";
import type { Reader } from "../reader.ts";

export const MODEL_READER: Reader = {
  name: "model-json",
  corpus: () => [toBytes(JSON.stringify(tinyManifest))],
  attacks: () => [
    ...attackTexts(["{", "[", '"format":', '"tilewise-model/1"', "1e999"]).map(
      toBytes,
    ),
    toBytes('{"provenance":' + "[".repeat(1e5) + "]".repeat(1e5) + "}"),
  ],
  mutate: [mutateJson],
  read: (input) => readManifest(new TextDecoder().decode(input), "a"),
};

export const MODEL_NOTE_READER: Reader = {
  name: "model-note",
  corpus: () => [
    toBytes(`${"0".repeat(64)} ${"a".repeat(40)} hf:lab/tiny@main\n`),
    toBytes(`${"0".repeat(64)} - https://example.org/model.json\n`),
  ],
  attacks: () => attackTexts(["0".repeat(64), " - ", "\n"]).map(toBytes),
  mutate: [],
  read: (input) => readNote(new TextDecoder().decode(input)),
};

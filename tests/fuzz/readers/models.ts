// The model.json of a model's folder.
import { readManifest } from "../../../src/model_folder/manifest.ts";
import { tinyManifest } from "../../helpers/make_model.ts";
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

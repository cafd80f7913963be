import { assertEquals, assertThrows } from "@std/assert";
import {
  readNormalization,
  writeNormalization,
} from "./checkpoint_normalization.ts";

Deno.test("readNormalization() reads what writeNormalization() wrote, to the last digit", () => {
  const normalization = {
    mean: [0.1 + 0.2, 0, 1],
    std: [1 / 3, 1e-9, 1],
  } as const;
  const metadata = { format: "pt", ...writeNormalization(normalization) };
  assertEquals(readNormalization(metadata), normalization);
  assertEquals(readNormalization({ format: "pt" }), undefined);
});

Deno.test("readNormalization() refuses what is no normalization, with the file's name", () => {
  const whole = "[0.5,0.5,0.5]";
  for (
    const [image_mean, image_std] of [
      [whole, undefined],
      [undefined, whole],
      [whole, "[0.5,0,0.5]"],
      [whole, "[0.5,0.5]"],
      [whole, '["0.5","0.5","0.5"]'],
      ["[123,117,104]", whole],
      ["0.5", whole],
      ["half", whole],
    ]
  ) {
    const metadata = {
      ...(image_mean !== undefined && { image_mean }),
      ...(image_std !== undefined && { image_std }),
    };
    assertThrows(
      () => readNormalization(metadata, { name: "fold0" }),
      SyntaxError,
      `Cannot read checkpoint fold0 as image_mean and image_std of its metadata must be three numbers of 0 to 1 each, image_std above 0: received ${image_mean} and ${image_std}`,
    );
  }
});

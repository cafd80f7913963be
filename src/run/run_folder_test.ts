import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { namesIn, withFolder } from "../../tests/helpers/masks.ts";
import { writeSafetensors } from "../weights/write_safetensors.ts";
import { RunFolder } from "./run_folder.ts";

const bytes = (...values: number[]) => new Uint8Array(values);

Deno.test("RunFolder.write() keeps the old file where the disk takes no more, and tries again", async () => {
  await withFolder(async (path) => {
    const folder = new RunFolder(path);
    assertEquals(await folder.write(new Map([["state", bytes(1)]])), "");
    const { write } = Deno.FsFile.prototype;
    Deno.FsFile.prototype.write = () =>
      Promise.reject(new Error("No space left on device (os error 28)"));
    try {
      const said = await folder.write(
        new Map([["best", bytes(2)], ["state", bytes(2)]]),
      );
      assertMatch(
        said,
        /^Cannot write ".*best": the disk may be full: No space left/,
      );
      // Said once, not at every checkpoint.
      assertEquals(await folder.write(new Map([["state", bytes(3)]])), "");
      assertEquals(folder.trouble, said);
    } finally {
      Deno.FsFile.prototype.write = write;
    }
    assertEquals(namesIn(folder.path), ["state"]);
    assertEquals(await folder.read("state"), bytes(1));
    // With room again, the best of before comes first, then what is new.
    assertEquals(await folder.write(new Map([["state", bytes(4)]])), "");
    assertEquals(folder.trouble, "");
    assertEquals(await folder.read("best"), bytes(2));
    assertEquals(await folder.read("state"), bytes(4));
  });
});

Deno.test("RunFolder.read() tells of absence", async () => {
  await withFolder(async (path) => {
    assertEquals(await new RunFolder(path).read("none"), undefined);
  });
});

Deno.test("RunFolder.expectResults() takes the weights of the state's epochs and of the next, and no others", async () => {
  const record = { epoch: 1, trainLoss: 1, learningRate: 1 };
  const history = [{ ...record, dice: 0.5 }, {
    ...record,
    epoch: 2,
    dice: 0.4,
  }];
  await withFolder(async (path) => {
    const folder = new RunFolder(path);
    const write = (name: string, epoch: number) =>
      Deno.writeFile(
        `${path}/${name}.safetensors`,
        writeSafetensors(new Map(), { epoch: `${epoch}` }),
      );
    const refuse = (reason: string) =>
      assertRejects(
        () => folder.expectResults(history),
        Error,
        `Cannot resume the run in "${path}": ${reason}; restore it, or train anew with another --out`,
      );
    await folder.expectResults([]);
    await refuse("best.safetensors is missing, and should be of epoch 1");
    await write("best", 1);
    await refuse("last.safetensors is missing, and should be of epoch 2");
    await write("last", 2);
    await folder.expectResults(history);
    // A run was killed between its weights and its state.
    await write("best", 3);
    await write("last", 3);
    await folder.expectResults(history);
    await write("last", 1);
    await refuse("last.safetensors is of epoch 1, and should be of epoch 2");
    await Deno.writeTextFile(`${path}/last.safetensors`, "torn");
    await refuse("last.safetensors is damaged, and should be of epoch 2");
    // Without validation, no epoch is the best.
    await write("last", 1);
    await Deno.remove(`${path}/best.safetensors`);
    await folder.expectResults([record]);
  });
});

import {
  assertEquals,
  assertNotEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { makeTiff } from "../../tests/helpers/make_tiff.ts";
import { openSlide } from "./open_slide.ts";
import { openSource } from "./open_source.ts";

/** A folder with `a.tif`, `b.bin` of 1, 2, 3, and `sub/c.bin` of 4. */
async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${folder}/sub`);
    await Deno.writeFile(`${folder}/a.tif`, await tiny());
    await Deno.writeFile(`${folder}/b.bin`, Uint8Array.of(1, 2, 3));
    await Deno.writeFile(`${folder}/sub/c.bin`, Uint8Array.of(4));
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function tiny(): Promise<Uint8Array<ArrayBuffer>> {
  const pixels = Uint8Array.of(1, 2, 3);
  return makeTiff([{ width: 1, height: 1, pixels }]);
}

Deno.test("a file's folder lists and reads its files, a folder's own those in it", async () => {
  await inFolder(async (root) => {
    for (const path of [`${root}/a.tif`, root, `${root}/`]) {
      const source = await openSource(path);
      assertEquals(source.isFolder, !path.endsWith(".tif"));
      const names = await source.folder.list();
      assertEquals(names?.toSorted(), ["a.tif", "b.bin", "sub"]);
      const { folder } = source;
      const read = (name: string) => folder.read(name, { most: 3 });
      assertEquals([...(await read("b.bin"))!], [1, 2, 3]);
      assertEquals([...(await read("sub/c.bin"))!], [4]);
      assertEquals(await read("sub/d.bin"), undefined);
      await assertRejects(
        () => folder.read("b.bin", { most: 2 }),
        RangeError,
        "it has more than 2 bytes, received 3",
      );
      const missing = await assertRejects(() => folder.open("d"), Error);
      assertEquals(missing.name, "NotFound");
      for (
        const bad of ["../a.tif", "/etc/passwd", "sub/../b.bin", "", "a\\b"]
      ) {
        await assertRejects(
          () => folder.open(bad),
          TypeError,
          "it must lie in the slide's folder",
        );
      }
      await source.close();
    }
  });
});

Deno.test("a slide's files are closed with it, and verified, read whole or not", async () => {
  await inFolder(async (root) => {
    for (const whole of [false, true]) {
      const source = await openSource(`${root}/a.tif`);
      if (whole) await source.folder.read("b.bin", { most: 9 });
      else await (await source.folder.open("b.bin")).read(0, 3);
      await source.verify!();
      await Deno.writeFile(`${root}/b.bin`, Uint8Array.of(1, 2, 3, 4));
      await assertRejects(() => source.verify!(), TypeError, "has changed");
      await Deno.writeFile(`${root}/b.bin`, Uint8Array.of(1, 2, 3));
      await source.close(); // else the test would leak a file
    }
  });
});

Deno.test("a slide's version covers the other files that it opened", async () => {
  await inFolder(async (root) => {
    const versionOf = async (names: readonly string[]) => {
      const source = await openSource(`${root}/a.tif`);
      for (const name of names) await source.folder.read(name, { most: 9 });
      await source.close();
      return source.version;
    };
    const alone = await versionOf([]);
    const both = await versionOf(["b.bin", "sub/c.bin"]);
    assertEquals(await versionOf(["sub/c.bin", "b.bin"]), both);
    assertNotEquals(both, alone);
    await Deno.writeFile(`${root}/sub/c.bin`, Uint8Array.of(4, 5));
    assertNotEquals(await versionOf(["b.bin", "sub/c.bin"]), both);
    assertEquals(await versionOf([]), alone);
  });
});

Deno.test("files given together are one folder; the one nearest to its root is opened", async () => {
  const part = (path: string, ...bytes: number[]) =>
    Object.assign(new Blob([Uint8Array.from(bytes)]), {
      name: path.split("/").at(-1),
      webkitRelativePath: path,
    });
  const source = await openSource([
    part("x/0/a.bin", 1),
    part("x/main.bin", 2, 3),
    part("x/b.bin", 4),
  ]);
  assertEquals([...await source.read(0, 2)], [2, 3]);
  assertEquals(await source.folder.list(), ["0", "main.bin", "b.bin"]);
  const read = async (path: string) => [
    ...(await source.folder.read(path, { most: 9 })) ?? [],
  ];
  assertEquals(await read("0/a.bin"), [1]);
  assertEquals(await read("b.bin"), [4]);
  assertEquals(await read("c.bin"), []);
  await assertRejects(() => openSource([]), TypeError, "no files were given");
  await assertRejects(
    () => openSource([new File([], "a"), new File([], "a")]),
    TypeError,
    "two of its files have the same name",
  );
});

Deno.test("openSlide() refuses files that are not part of the slide", async () => {
  const tiff = await tiny();
  const error = await assertRejects(
    () => openSlide([new File([tiff], "a.tif"), new File([tiff], "b.tif")]),
    TypeError,
  );
  assertStringIncludes(
    error.message,
    '"a.tif" is a slide by itself: open the other files (1) one by one',
  );
  await using slide = await openSlide([new File([tiff], "a.tif")]);
  assertEquals(slide.name, "a");
});

Deno.test("files on a server have their folder there, and the server's word for what is missing", async () => {
  const files: Readonly<Record<string, Uint8Array<ArrayBuffer>>> = {
    "/f%20x/a.bin?key=1": Uint8Array.of(1, 2),
    "/f%20x/sub/b.bin?key=1": Uint8Array.of(3),
    "/f%20x/y.zarr/zarr.json?key=1": Uint8Array.of(4),
  };
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    (request) => {
      const { pathname, search } = new URL(request.url);
      const bytes = files[pathname + search];
      if (!bytes) return new Response(null, { status: 404 });
      const range = `bytes 0-${bytes.length - 1}/${bytes.length}`;
      return new Response(bytes, {
        status: 206,
        headers: { "Content-Range": range },
      });
    },
  );
  try {
    const root = `http://127.0.0.1:${server.addr.port}/f%20x`;
    const source = await openSource(`${root}/a.bin?key=1`);
    assertEquals(await source.folder.list(), undefined);
    const options = { most: 9 };
    assertEquals([...(await source.folder.read("sub/b.bin", options))!], [3]);
    assertEquals(await source.folder.read("c.bin", options), undefined);
    await source.close();
    const zarr = await openSource(`${root}/y.zarr?key=1`);
    assertEquals(zarr.isFolder, true);
    assertEquals([...(await zarr.folder.read("zarr.json", options))!], [4]);
    await zarr.close();
  } finally {
    await server.shutdown();
  }
});

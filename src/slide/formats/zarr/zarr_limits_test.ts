import { assertRejects } from "@std/assert";
import {
  addArray,
  addAttributes,
  addGroup,
  filesOf,
  makeZarr,
  type Store,
} from "../../../../tests/helpers/make_zarr.ts";
import { noise } from "../../../../tests/helpers/noise.ts";
import {
  MAX_SHARD_CHUNKS,
  MAX_ZARR_AXES,
  MAX_ZARR_IMAGES,
  MAX_ZARR_JSON,
  MAX_ZARR_LEVELS,
} from "../../../io/limits.ts";
import { openSlide } from "../../open_slide.ts";

const picture = { width: 20, height: 18, pixels: noise(20, 18) };

/** Opens what is made for the limit, and is refused one more. */
async function checkLimit(
  limit: number,
  make: (count: number) => Store | Promise<Store>,
  says: string,
): Promise<void> {
  const slide = await openSlide(filesOf(await make(limit)));
  await slide[Symbol.asyncDispose]();
  const beyond = filesOf(await make(limit + 1));
  await assertRejects(() => openSlide(beyond), Error, says);
}

Deno.test("MAX_ZARR_JSON limits the documents of a Zarr", async () => {
  await checkLimit(MAX_ZARR_JSON, async (count) => {
    const store = await makeZarr({ picture });
    const padded = new Uint8Array(count).fill(0x20);
    padded.set(store.get("zarr.json")!);
    return store.set("zarr.json", padded);
  }, "it has more than 16777216 bytes, received 16777217");
});

Deno.test("MAX_ZARR_AXES limits the axes of an image", async () => {
  const more = "abdefghijk";
  await checkLimit(
    MAX_ZARR_AXES,
    (count) =>
      makeZarr({ picture, array: { axes: `${more.slice(0, count - 3)}cyx` } }),
    "its axes must be x, y and others",
  );
  await checkLimit(MAX_ZARR_AXES, (count) => {
    const sizes = Array(count - 3).fill(1);
    const axes = `${more.slice(0, MAX_ZARR_AXES - 3)}cyx`;
    const document = { shape: [...sizes, 3, 18, 20] };
    return makeZarr({ picture, array: { axes, document } });
  }, "its shape must be 2 to 8 positive integers");
});

Deno.test("MAX_ZARR_LEVELS limits the levels of an image", async () => {
  await checkLimit(MAX_ZARR_LEVELS, (count) => {
    const datasets = Array(count).fill({ path: "0" });
    return makeZarr({ picture, image: { multiscale: { datasets } } });
  }, "its image has 65 levels, and must have 1 to 64");
});

Deno.test("MAX_ZARR_IMAGES limits the images of bioformats2raw", async () => {
  const seriesOf = async (add: (store: Store) => void) => {
    const store: Store = new Map();
    addAttributes(store, "", 2, { "bioformats2raw.layout": 3 });
    addGroup(store, "0", { version: 2 });
    await addArray(store, "0/0", { ...picture, version: 2 });
    add(store);
    return store;
  };
  const says = "it lists 257 images, and must have 1 to 256";
  await checkLimit(MAX_ZARR_IMAGES, (count) =>
    seriesOf((store) => {
      const text = `<OME>${'<Image Name="a"/>'.repeat(count)}</OME>`;
      store.set("OME/METADATA.ome.xml", new TextEncoder().encode(text));
    }), says);
  await checkLimit(MAX_ZARR_IMAGES, (count) =>
    seriesOf((store) => {
      for (let i = 1; i < count; i++) addAttributes(store, `${i}`, 2, {});
    }), says);
});

Deno.test("MAX_SHARD_CHUNKS limits the chunks of a shard", async () => {
  await checkLimit(MAX_SHARD_CHUNKS, (count) => {
    const chunk_shape = [1, 1, count];
    return makeZarr({
      picture,
      array: {
        document: {
          chunk_grid: { name: "regular", configuration: { chunk_shape } },
          codecs: [{
            name: "sharding_indexed",
            configuration: {
              chunk_shape: [1, 1, 1],
              codecs: ["bytes"],
              index_codecs: [
                { name: "bytes", configuration: { endian: "little" } },
              ],
            },
          }],
        },
      },
    });
  }, "its shards have 1048577 chunks, more than 1048576");
});

import { cannot, reasonOf } from "../../../errors/cannot.ts";
import { MAX_XML_LENGTH, MAX_ZARR_IMAGES } from "../../../io/limits.ts";
import { descendants, parseXml, type XmlElement } from "../../xml.ts";
import type { SlideContents } from "../format.ts";
import { omePower } from "../ome_properties.ts";
import { below, isObject, type Json, readJson } from "./read_json.ts";
import type { ZarrGroup } from "./zarr_image.ts";

/** An image of a store, by its group. */
export interface NamedImage {
  readonly path: string;
  readonly name?: string;
  /** `label`, `macro`, `overview` or `thumbnail`, if its name says so. */
  readonly role?: string;
  readonly objectivePower?: SlideContents["objectivePower"];
}

/** A name that ends in what it is: `label image`, `slide.svs [macro]`. */
const ROLE = /(?:^|[\s[(#])(label|macro|overview|thumbnail)(?: image)?[\])]?$/i;

/**
 * Lists the images of a store that bioformats2raw has written: the groups `0`, `1` and so on, or those that its group `OME`
 * lists, with the names in `OME/METADATA.ome.xml`.
 *
 * Source: OME-Zarr 0.4 and 0.5, bioformats2raw.layout.
 *
 * @throws {SyntaxError} If its metadata are damaged.
 */
export async function listSeries(group: ZarrGroup): Promise<NamedImage[]> {
  const { folder, path, version, signal } = group;
  const document = version === 2 ? ".zattrs" : "zarr.json";
  const inOme = (name: string) => below(path, `OME/${name}`);
  const [attributes, bytes] = await Promise.all([
    readJson(folder, inOme(document), signal),
    folder.read(inOme("METADATA.ome.xml"), { most: MAX_XML_LENGTH, signal }),
  ]);
  const xml = bytes && parseMetadata(bytes);
  const described = xml ? [...descendants(xml, "Image")] : [];
  const paths = readSeries(attributes, version) ??
    (xml ? described.map((_, i) => `${i}`) : await probe(group, document));
  if (paths.length === 0 || paths.length > MAX_ZARR_IMAGES) {
    throw cannot(
      "find the slide",
      `it lists ${paths.length} images, and must have 1 to ${MAX_ZARR_IMAGES}`,
      { kind: SyntaxError },
    );
  }
  return paths.map((image, i) => {
    const element = described[i];
    const name = element?.attributes.Name;
    return {
      path: below(path, image),
      name,
      role: name?.trim().match(ROLE)?.[1].toLowerCase(),
      objectivePower: element && omePower(element, xml!),
    };
  });
}

function parseMetadata(bytes: Uint8Array): XmlElement {
  try {
    return parseXml(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw cannot(
      "find the slide",
      `its OME/METADATA.ome.xml, which names its images, cannot be read (${
        reasonOf(cause)
      }): open the folder of one image instead, as SLIDE.zarr/0`,
      { cause },
    );
  }
}

/** The groups that the group `OME` lists. */
function readSeries(
  json: Json | undefined,
  version: 2 | 3,
): string[] | undefined {
  const attributes = version === 2
    ? json
    : isObject(json?.attributes)
    ? json.attributes.ome
    : undefined;
  const series = isObject(attributes) ? attributes.series : undefined;
  return Array.isArray(series) &&
      series.every((path) => typeof path === "string")
    ? series
    : undefined;
}

/** Without a list, images are the groups from 0 up to the first that does not exist. */
async function probe(
  { folder, path, signal }: ZarrGroup,
  document: string,
): Promise<string[]> {
  const paths: string[] = [];
  while (paths.length <= MAX_ZARR_IMAGES) {
    const next = `${paths.length}`;
    const name = below(path, `${next}/${document}`);
    if (!await readJson(folder, name, signal)) break;
    paths.push(next);
  }
  return paths;
}

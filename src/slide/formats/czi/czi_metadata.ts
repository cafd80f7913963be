import { MAX_XML_LENGTH } from "../../../io/limits.ts";
import type { ByteSource } from "../../byte_source.ts";
import { parseXml, type XmlElement } from "../../xml.ts";
import { parseNumber } from "../layout.ts";
import { type CziChannel, readCziChannels } from "./czi_channels.ts";
import { damaged } from "./refuse.ts";
import { readSegment } from "./segments.ts";

/** What a file's XML says about the slide. */
export interface CziMetadata {
  readonly width?: number;
  readonly height?: number;
  /** Micrometers per pixel. */
  readonly mppX?: number;
  readonly mppY?: number;
  readonly power?: number;
  /** Bits of a sample that are used. */
  readonly bits?: number;
  readonly channels?: readonly CziChannel[];
  readonly properties: Readonly<Record<string, string>>;
}

/** Bytes of the segment before the XML. */
const HEADER_BYTES = 256;

/** Reads the XML of a file. */
export async function readMetadata(
  source: ByteSource,
  position: number,
): Promise<CziMetadata> {
  const bytes = await readSegment(source, {
    position,
    name: "ZISRAWMETADATA",
    least: HEADER_BYTES,
    most: MAX_XML_LENGTH,
  });
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const length = view.getInt32(0, true);
  if (length < 0 || HEADER_BYTES + length > bytes.length) {
    throw damaged(`its XML is cut short, of ${length} bytes`);
  }
  const text = new TextDecoder().decode(
    bytes.subarray(HEADER_BYTES, HEADER_BYTES + length),
  );
  return readCziXml(parseXml(text));
}

/**
 * Reads scale, size, objective and properties from the XML.
 *
 * Source: ZEN's description of CZI metadata, and OpenSlide's notes on Zeiss.
 */
export function readCziXml(root: XmlElement): CziMetadata {
  const metadata = child(root, "Metadata");
  const information = child(metadata, "Information");
  const image = child(information, "Image");
  const number = (element: XmlElement | undefined, name: string) =>
    parseNumber(child(element, name)?.text);
  const distances = child(child(metadata, "Scaling"), "Items")?.children ?? [];
  const scale = (axis: string) => {
    const found = distances.find(({ name, attributes }) =>
      name === "Distance" && attributes.Id === axis
    );
    const meters = number(found, "Value");
    // Without the digits that powers of ten add.
    return meters === undefined
      ? undefined
      : Number((meters * 1e6).toPrecision(12));
  };
  const reference = child(child(image, "ObjectiveSettings"), "ObjectiveRef")
    ?.attributes.Id;
  const objectives =
    child(child(information, "Instrument"), "Objectives")?.children ?? [];
  const objective = objectives.find(({ attributes }) =>
    reference !== undefined && attributes.Id === reference
  );
  const properties = (image?.children ?? [])
    .filter(({ children, text }) => children.length === 0 && text.trim() !== "")
    .map(({ name, text }) => [`zeiss.Information.Image.${name}`, text.trim()]);
  return {
    width: number(image, "SizeX"),
    height: number(image, "SizeY"),
    mppX: scale("X"),
    mppY: scale("Y"),
    power: number(objective, "NominalMagnification"),
    bits: number(image, "ComponentBitCount"),
    channels: readCziChannels(root),
    properties: Object.fromEntries(properties),
  };
}

function child(
  element: XmlElement | undefined,
  name: string,
): XmlElement | undefined {
  return element?.children.find((each) => each.name === name);
}

/** The 8-bit gray image that {@linkcode omeXml} describes. */
export interface OmeXmlOptions {
  /** What it shows, for example the slide's name. */
  readonly name: string;
  /** Width in pixels. */
  readonly width: number;
  /** Height in pixels. */
  readonly height: number;
  /** What its values mean; the channel's name. */
  readonly channel: string;
  /** Micrometers per pixel, if known. */
  readonly mpp?: { readonly x: number; readonly y: number };
  /** Who made it. Default: "Tilewise". */
  readonly creator?: string;
}

/**
 * Describes a grayscale image as OME-XML for a TIFF's ImageDescription. Bio-Formats (and so QuPath) and tifffile
 * recognize an OME-TIFF by it, and only then read levels from SubIFDs.
 *
 * Source: OME data model 2016-06 and the OME-TIFF specification 6.
 */
export function omeXml(options: OmeXmlOptions): string {
  const { name, width, height, channel, mpp, creator = "Tilewise" } = options;
  const scale = mpp
    ? ` PhysicalSizeX="${mpp.x}" PhysicalSizeXUnit="&#181;m"` +
      ` PhysicalSizeY="${mpp.y}" PhysicalSizeYUnit="&#181;m"`
    : "";
  const schema = "http://www.openmicroscopy.org/Schemas/OME/2016-06";
  return `<?xml version="1.0" encoding="UTF-8"?>` +
    `<OME xmlns="${schema}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"` +
    ` xsi:schemaLocation="${schema} ${schema}/ome.xsd" Creator="${
      escaped(creator)
    }">` +
    `<Image ID="Image:0" Name="${escaped(name)}">` +
    `<Pixels ID="Pixels:0" DimensionOrder="XYCZT" Type="uint8"` +
    ` SizeX="${width}" SizeY="${height}" SizeC="1" SizeZ="1" SizeT="1"${scale}>` +
    `<Channel ID="Channel:0:0" Name="${
      escaped(channel)
    }" SamplesPerPixel="1"/>` +
    `<TiffData IFD="0" PlaneCount="1"/></Pixels></Image></OME>`;
}

/**
 * Text for an attribute: without markup, ASCII as TIFF requires, and without characters that XML 1.0 cannot represent.
 */
function escaped(text: string): string {
  let result = "";
  for (const character of text) {
    const code = character.codePointAt(0)!;
    const plain = code >= 0x20 && code < 0x7f && !`<>&"'`.includes(character);
    const held = code >= 0x20 && (code < 0xd800 || code > 0xdfff) &&
      (code & 0xfffe) !== 0xfffe;
    result += plain ? character : held ? `&#${code};` : "\ufffd";
  }
  return result.replaceAll("\ufffd", "&#65533;");
}

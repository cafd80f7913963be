import { cannot, reasonOf } from "../errors/cannot.ts";
import { MAX_XML_DEPTH, MAX_XML_LENGTH } from "../io/limits.ts";
import { SaxesParser } from "saxes";

/** An element of an XML document. */
export interface XmlElement {
  /** Its name, without the prefix of its namespace. */
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  /** The text directly within it. */
  readonly text: string;
}

/** XML that cannot be read; the file may still be readable another way. */
export class XmlError extends SyntaxError {}

/**
 * Parses an XML document. Entities that a document defines are rejected, so that a small document stays small.
 *
 * @returns its root element.
 * @throws {XmlError} If it is damaged, too long, or too deep.
 */
export function parseXml(text: string): XmlElement {
  if (text.length > MAX_XML_LENGTH) {
    throw cannot(
      "parse XML",
      `its XML has ${text.length} characters, more than ${MAX_XML_LENGTH}`,
      { kind: XmlError },
    );
  }
  const root = { name: "", attributes: {}, children: [], text: "" };
  const open: Mutable[] = [root];
  const parser = new SaxesParser({});
  parser.on("error", (error) => {
    throw error;
  });
  parser.on("opentag", (tag) => {
    if (open.length > MAX_XML_DEPTH) {
      throw cannot(
        "parse XML",
        `it has more than ${MAX_XML_DEPTH} nested elements`,
      );
    }
    const element: Mutable = {
      name: localName(tag.name),
      attributes: tag.attributes,
      children: [],
      text: "",
    };
    open.at(-1)!.children.push(element);
    open.push(element);
  });
  parser.on("closetag", () => open.pop());
  const addText = (part: string) => {
    open.at(-1)!.text += part;
  };
  parser.on("text", addText);
  parser.on("cdata", addText);
  try {
    // Some writers leave a byte order mark, or pad the text with zeros.
    parser.write(text.replace(/^\uFEFF/, "").replaceAll("\0", "").trim())
      .close();
  } catch (cause) {
    throw cannot(
      "parse XML",
      `its XML is damaged: ${reasonOf(cause).replace(/\.$/, "")}`,
      { kind: XmlError, cause },
    );
  }
  return root.children[0];
}

/** All elements of a name below one, in the order of the document. */
export function* descendants(
  element: XmlElement,
  name: string,
): Generator<XmlElement> {
  for (const child of element.children) {
    if (child.name === name) yield child;
    yield* descendants(child, name);
  }
}

/** The first element of a name below one. */
export function descendant(
  element: XmlElement,
  name: string,
): XmlElement | undefined {
  return descendants(element, name).next().value;
}

interface Mutable {
  name: string;
  attributes: Record<string, string>;
  children: Mutable[];
  text: string;
}

function localName(name: string): string {
  return name.slice(name.indexOf(":") + 1);
}

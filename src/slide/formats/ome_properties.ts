import { type Properties, propertiesOf } from "../properties.ts";
import { descendant, descendants, type XmlElement } from "../xml.ts";
import { parseNumber, type TiffLayout } from "./layout.ts";

/** What OME-XML says about an image, by element and attribute: `ome.Objective.LensNA`. */
export function omeProperties(image: XmlElement, root: XmlElement): Properties {
  const attributesOf = (element: XmlElement | undefined) =>
    Object.entries(element?.attributes ?? {}).filter(([name]) => name !== "ID")
      .map(([name, value]) => [`${element!.name}.${name}`, value] as const);
  const textOf = (name: string) =>
    [`Image.${name}`, descendant(image, name)?.text] as const;
  return propertiesOf("ome", [
    ...attributesOf(image),
    ...["AcquisitionDate", "Description"].map(textOf),
    ...attributesOf(descendant(image, "Pixels")),
    ...attributesOf(descendant(root, "Microscope")),
    ...attributesOf(objectiveOf(image, root)),
  ]);
}

/** The nominal magnification of an image's objective. */
export function omePower(
  image: XmlElement,
  root: XmlElement,
): TiffLayout["objectivePower"] {
  const objective = objectiveOf(image, root);
  const value = parseNumber(objective?.attributes.NominalMagnification);
  return value !== undefined && value > 0 && value < 1000
    ? { value, source: "OME's NominalMagnification" }
    : undefined;
}

/** The objective that an image names, or the only one. */
function objectiveOf(
  image: XmlElement,
  root: XmlElement,
): XmlElement | undefined {
  const settings = descendant(image, "ObjectiveSettings")?.attributes.ID;
  const objectives = [...descendants(root, "Objective")];
  return objectives.find(({ attributes }) =>
    settings !== undefined && attributes.ID === settings
  ) ?? (objectives.length === 1 ? objectives[0] : undefined);
}

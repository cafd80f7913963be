import { cannot } from "../errors/cannot.ts";
import type { RequestedClasses } from "./choose_classes.ts";

/** The run-length code of each class of a slide, by the class's number from 1. */
export type CodesOfClasses = ReadonlyMap<number, string>;

/** The codes of a slide: of its classes, or of the only one. */
type Found =
  | { readonly codes: CodesOfClasses }
  | { readonly code: string; readonly ofClass: true };

/**
 * Splits ids such as `kidney_Tumor` or `kidney_1`, of a slide and the name or the number of one of the requested classes.
 *
 * @returns for each slide the codes of its classes, or the code of the only class.
 * @throws {RangeError} If no class is requested, an id has none that is, or a class has two codes.
 */
export function codesOfClasses(
  codes: ReadonlyMap<string, string>,
  { classes, ignored = [], classification }: RequestedClasses,
): Map<string, Found> {
  const only = classification === "*" ? undefined : classification;
  const names = classes ?? (only === undefined ? undefined : [only]);
  if (!names) {
    throw refuse(
      "they are of several classes (id_class): name them with --class NAME, in the order of their numbers",
    );
  }
  const slides = new Map<string, Map<number, string>>();
  for (const [id, code] of codes) {
    const [slide, value] = splitId(id, names, {
      numbers: classes !== undefined,
    });
    if (value === 0) {
      const isLeft = !classes ||
        ignored.some((one) => one === "*" || id.endsWith(`_${one}`));
      if (isLeft) continue;
      throw refuse(
        `"${id}" does not end with one of the classes ${
          names.join(", ")
        } or its number; add --class for it, or leave it out with --ignore-class NAME, or '*' for all others`,
      );
    }
    const own = slides.get(slide) ?? new Map<number, string>();
    slides.set(slide, own);
    if (own.has(value)) {
      throw refuse(`"${slide}" has two codes of class ${names[value - 1]}`);
    }
    own.set(value, code);
  }
  if (!classes && slides.size === 0 && codes.size > 0) {
    throw refuse(`no id ends with the class "${only}"`);
  }
  return new Map<string, Found>(
    [...slides].map(([slide, own]) => [
      slide,
      classes ? { codes: own } : { code: own.get(1)!, ofClass: true },
    ]),
  );
}

/** The slide of an id, and the number of its class; 0 if it has none. A name counts more than a number. */
function splitId(
  id: string,
  names: readonly string[],
  { numbers }: { readonly numbers: boolean },
): [slide: string, value: number] {
  let [length, value] = [0, 0];
  names.forEach((name, i) => {
    if (
      name.length >= length && id.length > name.length + 1 &&
      id.endsWith(`_${name}`)
    ) {
      [length, value] = [name.length, i + 1];
    }
  });
  if (value > 0) return [id.slice(0, -length - 1), value];
  const at = id.lastIndexOf("_");
  const number = id.slice(at + 1);
  const isNumber = numbers && at > 0 && /^[1-9]\d{0,2}$/.test(number) &&
    Number(number) <= names.length;
  return isNumber ? [id.slice(0, at), Number(number)] : [id, 0];
}

function refuse(reason: string): Error {
  return cannot("read run-length codes", reason, { kind: RangeError });
}

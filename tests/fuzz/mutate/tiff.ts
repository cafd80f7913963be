import type { Dice } from "../dice.ts";
import type { Bytes, Mutate } from "../reader.ts";
import { damageBytes, oddNumber } from "./bytes.ts";
import { changeText, toBytes } from "./text.ts";

/** Where a TIFF's fields are. */
interface Field {
  readonly at: number;
  readonly tag: number;
}

interface Layout {
  readonly view: DataView;
  readonly little: boolean;
  readonly big: boolean;
  readonly fields: readonly Field[];
  /** Where the links to directories are. */
  readonly links: readonly number[];
}

const TAGS = [
  ...[254, 256, 257, 258, 259, 262, 266, 270, 273, 274, 277, 278, 279, 282],
  ...[283, 284, 296, 305, 317, 320, 322, 323, 324, 325, 330, 338, 339, 340],
  ...[341, 347, 530, 700, 50674, 65420, 65421, 65424, 34665, 42112],
  ...[65426, 65432, 65449],
];
const TEXT_TAGS = [270, 305, 700];

/** Finds the directories of a file that is sound so far; fewer if it is not. */
function layoutOf(file: Bytes): Layout | undefined {
  if (file.length < 16) return undefined;
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const little = file[0] === 0x49;
  const big = view.getUint16(2, little) === 43;
  const fields: Field[] = [];
  const links: number[] = [];
  const offset = (at: number) =>
    big ? Number(view.getBigUint64(at, little)) : view.getUint32(at, little);
  const [countSize, fieldSize, size] = big ? [8, 20, 8] : [2, 12, 4];
  try {
    let link = big ? 8 : 4;
    for (let pages = 0; pages < 20; pages++) {
      links.push(link);
      const start = offset(link);
      if (start === 0 || start + countSize > file.length) break;
      const count = big ? offset(start) : view.getUint16(start, little);
      if (count > 200) break;
      for (let i = 0; i < count; i++) {
        const at = start + countSize + i * fieldSize;
        if (at + fieldSize > file.length) break;
        fields.push({ at, tag: view.getUint16(at, little) });
      }
      link = start + countSize + count * fieldSize;
      if (link + size > file.length) break;
    }
  } catch {
    // as far as it goes
  }
  return { view, little, big, fields, links };
}

/** Changes tags, types, counts, values and offsets of a TIFF's directories, and the texts that they hold. */
export function mutateTiff(words: readonly string[] = []): Mutate {
  return (input, dice) => {
    const copy = input.slice();
    const layout = layoutOf(copy);
    if (!layout || layout.fields.length === 0) return damageBytes(input, dice);
    const { view, little, big, fields, links } = layout;
    const texts = fields.filter(({ tag }) => TEXT_TAGS.includes(tag));
    if (words.length > 0 && texts.length > 0 && !dice.once(3)) {
      return changeTag(copy, { layout, field: dice.pick(texts), words, dice });
    }
    const { at } = dice.pick(fields);
    const [wide, size] = big ? [8, 12] : [4, 8];
    const setWide = (at: number, value: number) =>
      big
        ? view.setBigUint64(at, BigInt(value), little)
        : view.setUint32(at, value, little);
    switch (dice.roll(7)) {
      case 0:
        view.setUint16(at, dice.pick(TAGS), little);
        break;
      case 1:
        view.setUint16(at + 2, dice.roll(20), little);
        break;
      case 2:
        setWide(at + 4, oddNumber(dice));
        break;
      case 3:
        setWide(at + size, oddNumber(dice));
        break;
      case 4: // a value of a 16-bit type
        view.setUint16(at + size, oddNumber(dice) & 0xffff, little);
        break;
      case 5: // points elsewhere in the file
        setWide(at + size, dice.roll(input.length + 8));
        break;
      default: {
        const link = dice.pick(links);
        if (link + wide > copy.length) return damageBytes(input, dice);
        setWide(link, dice.pick([0, 8, dice.roll(input.length)]));
      }
    }
    return copy;
  };
}

/** Changes the text of a tag; the new one is put at the end of the file. */
function changeTag(
  file: Bytes,
  { layout, field, words, dice }: {
    readonly layout: Layout;
    readonly field: Field;
    readonly words: readonly string[];
    readonly dice: Dice;
  },
): Bytes {
  const { view, little, big } = layout;
  const at = field.at + 4;
  const count = big
    ? Number(view.getBigUint64(at, little))
    : view.getUint32(at, little);
  const place = at + (big ? 8 : 4);
  const start = count <= (big ? 8 : 4)
    ? place
    : big
    ? Number(view.getBigUint64(place, little))
    : view.getUint32(place, little);
  const text = new TextDecoder().decode(file.subarray(start, start + count));
  return withText(
    file,
    { view, little, big, place },
    changeText(text, words, dice),
  );
}

function withText(
  file: Bytes,
  { view, little, big, place }: Pick<Layout, "view" | "little" | "big"> & {
    readonly place: number;
  },
  text: string,
): Bytes {
  // Four bytes or fewer would lie in the field itself.
  const bytes = toBytes(text.padEnd(8, " ") + "\0");
  if (big) {
    view.setBigUint64(place - 8, BigInt(bytes.length), little);
    view.setBigUint64(place, BigInt(file.length), little);
  } else {
    view.setUint32(place - 4, bytes.length, little);
    view.setUint32(place, file.length, little);
  }
  const result = new Uint8Array(file.length + bytes.length);
  result.set(file);
  result.set(bytes, file.length);
  return result;
}

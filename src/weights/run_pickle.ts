import { cannot } from "../errors/cannot.ts";
import {
  MAX_PICKLE_INTEGER,
  MAX_PICKLE_MEMO,
  MAX_PICKLE_STACK,
  MAX_PICKLE_STEPS,
} from "../io/limits.ts";
import { ByteReader, describeValue } from "./byte_reader.ts";
import {
  integerFromBytes,
  parseEscapedText,
  parseFloatText,
  parseInteger,
  parseQuotedText,
} from "./pickle_text.ts";
import { TorchGlobal, torchGlobals } from "./torch_globals.ts";

/** Steps that a dictionary counts as: it takes more memory than its one byte in the pickle suggests. */
const dictionarySteps = 5;

/** Options for {@linkcode runPickle}. */
export interface RunPickleOptions {
  /** What is being read, for error messages. */
  readonly subject: string;
  /** First byte of the pickle. Default: 0. */
  readonly position?: number;
  /** Turns a persistent ID into a value. Default: persistent IDs are refused. */
  readonly persistentLoad?: (id: unknown) => unknown;
}

/**
 * Runs a Python pickle that may build only tensors and plain data: dictionaries (as Map), lists and tuples (as Array),
 * numbers, text, bytes (as Uint8Array), booleans, None (as null). Any other global is refused by name before it is
 * used. There is no recursion, and steps, stack and memo are bounded.
 *
 * Source: https://github.com/python/cpython/blob/main/Lib/pickletools.py.
 *
 * @returns the value, and the position after the pickle.
 * @throws {TypeError} If a global or an opcode is not allowed.
 * @throws {SyntaxError} If the pickle is damaged.
 * @throws {RangeError} If it takes too many steps or values.
 */
export function runPickle(
  bytes: Uint8Array,
  options: RunPickleOptions,
): { value: unknown; position: number } {
  const { subject, persistentLoad } = options;
  const reader = new ByteReader(bytes, subject, options.position);
  const stack: unknown[] = [];
  const marks: number[] = [];
  const memo = new Map<number, unknown>();
  let steps = 0;

  const broken = (reason: string): never => {
    throw cannot(`read ${subject}`, reason, { kind: SyntaxError });
  };
  const charge = (amount: number) => {
    steps += amount;
    if (
      steps > MAX_PICKLE_STEPS || stack.length > MAX_PICKLE_STACK ||
      memo.size > MAX_PICKLE_MEMO
    ) {
      throw cannot(
        `read ${subject}`,
        `its pickle exceeds ${MAX_PICKLE_STEPS} steps, ${MAX_PICKLE_STACK} values on the stack or ${MAX_PICKLE_MEMO} in the memo`,
        { kind: RangeError },
      );
    }
  };
  const pop = (): unknown => {
    if (stack.length <= (marks.at(-1) ?? 0)) {
      broken("its pickle takes a value from an empty stack");
    }
    return stack.pop();
  };
  const top = (): unknown => {
    const value = pop();
    stack.push(value);
    return value;
  };
  const popMark = (): unknown[] => {
    const mark = marks.pop();
    return mark === undefined
      ? broken("its pickle takes a mark that was never set")
      : stack.splice(mark);
  };
  const append = (items: unknown[]) => {
    const list = top();
    if (!Array.isArray(list)) {
      return broken(
        `only lists can be appended to, received ${describeValue(list)}`,
      );
    }
    for (const item of items) list.push(item);
  };
  const setItems = (dictionary: unknown, items: unknown[]) => {
    if (!(dictionary instanceof Map)) {
      return broken(
        `only dictionaries can be given items, received ${
          describeValue(dictionary)
        }`,
      );
    }
    if (items.length % 2) {
      broken(`keys and values must come in pairs, received ${items.length}`);
    }
    for (let i = 0; i < items.length; i += 2) {
      dictionary.set(items[i], items[i + 1]);
    }
  };
  const remember = (index: number) => memo.set(index, top());
  const recall = (index: number) => {
    if (!memo.has(index)) {
      broken(`its pickle recalls value ${index}, which was never stored`);
    }
    stack.push(memo.get(index));
  };
  const refuse = (what: string): never => {
    throw cannot(
      `read ${subject}`,
      `only tensors and containers are allowed, received ${what}`,
      { kind: TypeError },
    );
  };
  const findGlobal = (module: unknown, name: unknown) => {
    if (typeof module !== "string" || typeof name !== "string") {
      return refuse(
        `a global named by ${describeValue(module)} and ${describeValue(name)}`,
      );
    }
    const path = `${module}.${name}`;
    stack.push(
      torchGlobals.get(path) ?? refuse(`global ${describeValue(path)}`),
    );
  };
  const call = () => {
    const args = pop();
    const target = pop();
    if (
      !(target instanceof TorchGlobal) || !target.options.call ||
      !Array.isArray(args)
    ) {
      return refuse(
        `a call of ${describeValue(target)} with ${describeValue(args)}`,
      );
    }
    charge(
      dictionarySteps + args.length +
        (Array.isArray(args[0]) ? args[0].length : 0),
    );
    stack.push(target.options.call(args, subject));
  };
  const loadPersistent = (id: unknown) => {
    if (!persistentLoad) {
      return broken(
        `storages are not allowed here, received ${describeValue(id)}`,
      );
    }
    stack.push(persistentLoad(id));
  };
  const integer = (line: string) =>
    // Protocol 0 writes booleans like this.
    line === "00" ? false : line === "01" ? true : parseInteger(line, subject);
  const longInteger = (length: number) => {
    if (length < 0 || length > MAX_PICKLE_INTEGER) {
      broken(
        `integers must take at most ${MAX_PICKLE_INTEGER} bytes, received ${length}`,
      );
    }
    return integerFromBytes(reader.take(length));
  };
  const tuple = (length: number) => {
    const items: unknown[] = [];
    for (let i = 0; i < length; i++) items.unshift(pop());
    stack.push(items);
  };

  const opcodes: Record<number, () => void> = {
    [code("(")]: () => marks.push(stack.length),
    [code("0")]: () => {
      // A POP right after a mark removes the mark.
      if (stack.length === marks.at(-1)) marks.pop();
      else pop();
    },
    [code("1")]: popMark,
    [code("2")]: () => stack.push(top()),
    [code("N")]: () => stack.push(null),
    [0x88]: () => stack.push(true),
    [0x89]: () => stack.push(false),
    // Numbers.
    [code("I")]: () => stack.push(integer(reader.line())),
    [code("L")]: () => stack.push(parseInteger(reader.line(), subject)),
    [code("F")]: () => stack.push(parseFloatText(reader.line(), subject)),
    [code("J")]: () => stack.push(reader.i32()),
    [code("K")]: () => stack.push(reader.u8()),
    [code("M")]: () => stack.push(reader.u16()),
    [code("G")]: () => stack.push(reader.f64BigEndian()),
    [0x8a]: () => stack.push(longInteger(reader.u8())),
    [0x8b]: () => stack.push(longInteger(reader.i32())),
    // Text and bytes.
    [code("S")]: () => stack.push(parseQuotedText(reader.line(), subject)),
    [code("T")]: () => stack.push(reader.text(reader.u32())),
    [code("U")]: () => stack.push(reader.text(reader.u8())),
    [code("V")]: () => stack.push(parseEscapedText(reader.line())),
    [code("X")]: () => stack.push(reader.text(reader.u32())),
    [0x8c]: () => stack.push(reader.text(reader.u8())),
    [0x8d]: () => stack.push(reader.text(reader.u64())),
    [code("B")]: () => stack.push(reader.take(reader.u32())),
    [code("C")]: () => stack.push(reader.take(reader.u8())),
    [0x8e]: () => stack.push(reader.take(reader.u64())),
    [0x96]: () => stack.push(reader.take(reader.u64())),
    // Containers.
    [code("]")]: () => stack.push([]),
    [code(")")]: () => stack.push([]),
    [code("}")]: () => {
      charge(dictionarySteps);
      stack.push(new Map());
    },
    [code("l")]: () => stack.push(popMark()),
    [code("t")]: () => stack.push(popMark()),
    [0x85]: () => tuple(1),
    [0x86]: () => tuple(2),
    [0x87]: () => tuple(3),
    [code("d")]: () => {
      charge(dictionarySteps);
      const items = popMark();
      const dictionary = new Map();
      setItems(dictionary, items);
      stack.push(dictionary);
    },
    [code("a")]: () => append([pop()]),
    [code("e")]: () => append(popMark()),
    [code("s")]: () => {
      const value = pop();
      const key = pop();
      setItems(top(), [key, value]);
    },
    [code("u")]: () => {
      const items = popMark();
      setItems(top(), items);
    },
    // The memo.
    [code("p")]: () => remember(Number(parseInteger(reader.line(), subject))),
    [code("q")]: () => remember(reader.u8()),
    [code("r")]: () => remember(reader.u32()),
    [0x94]: () => remember(memo.size),
    [code("g")]: () => recall(Number(parseInteger(reader.line(), subject))),
    [code("h")]: () => recall(reader.u8()),
    [code("j")]: () => recall(reader.u32()),
    // Globals, calls and state.
    [code("c")]: () => findGlobal(reader.line(), reader.line()),
    [0x93]: () => {
      const name = pop();
      findGlobal(pop(), name);
    },
    [code("i")]: () =>
      refuse(
        `an instance of ${describeValue(`${reader.line()}.${reader.line()}`)}`,
      ),
    [code("R")]: call,
    [0x81]: call,
    [code("b")]: () => {
      pop();
      // The state of an OrderedDict is torch.save's version metadata, which is not needed here.
      const target = top();
      if (!(target instanceof Map)) {
        refuse(`state for ${describeValue(target)}`);
      }
    },
    [code("Q")]: () => loadPersistent(pop()),
    [code("P")]: () => loadPersistent(reader.line()),
    // Framing.
    [0x80]: () => {
      const protocol = reader.u8();
      if (protocol > 5) {
        broken(`the pickle protocol must be 0 to 5, received ${protocol}`);
      }
    },
    [0x95]: () => reader.skip(8),
  };

  while (true) {
    charge(1);
    const opcode = reader.u8();
    if (opcode === code(".")) {
      return { value: pop(), position: reader.position };
    }
    const run = opcodes[opcode];
    if (!run) {
      refuse(
        `pickle opcode 0x${opcode.toString(16)} at byte ${reader.position - 1}`,
      );
    }
    run();
  }
}

function code(character: string): number {
  return character.charCodeAt(0);
}

import {
  assertEquals,
  assertInstanceOf,
  assertStringIncludes,
} from "@std/assert";
import { cannot, failureOf, printable, reasonOf } from "./cannot.ts";

Deno.test("printable() shows what controls a terminal, and leaves all other text", () => {
  assertEquals(
    printable("a\nb\r\tc\x1b[2J\x00\x7f\x9b"),
    "a\\nb\\r\\tc\\x1b[2J\\x00\\x7f\\x9b",
  );
  assertEquals(printable("a\u202esvs.exe\u2028"), "a\\u{202e}svs.exe\\u{2028}");
  assertEquals(printable("\ud800 \ud83d\ude00"), "\\u{d800} \ud83d\ude00");
  const text = "腎臓🔬 5 µm\u00a0²: C:\\new\\x1b";
  assertEquals(printable(text), text);
  const controls = Array.from(
    { length: 0x2100 },
    (_, i) => String.fromCharCode(i),
  ).join("");
  assertEquals(/\p{Cc}/u.test(printable(controls)), false);
});

Deno.test("cannot() shows control characters of names and of inner reasons", () => {
  const { message } = cannot('open slide "a\n\x1b[31m.svs"', "no \x9b", {
    received: "\x7f\n",
  });
  assertEquals(
    message,
    'Cannot open slide "a\\n\\x1b[31m.svs": no \\x9b, received "\\x7f\\n"',
  );
});

Deno.test("cannot() says what cannot be done, why, and what was received", () => {
  const error = cannot("plan tiles", "size must be positive", {
    received: -1,
    kind: RangeError,
  });
  assertInstanceOf(error, RangeError);
  assertEquals(
    error.message,
    "Cannot plan tiles: size must be positive, received -1",
  );
  assertEquals(failureOf(error), {
    action: "plan tiles",
    reason: "size must be positive",
    received: -1,
  });
  // The stack begins where the error is thrown.
  assertStringIncludes(error.stack!.split("\n")[1], "cannot_test.ts");
});

Deno.test("cannot() shows text in quotes, lists in brackets, and undefined where it is given", () => {
  const messageOf = (received: unknown) =>
    cannot("add", "a number is needed", { received }).message;
  const prefix = "Cannot add: a number is needed, received ";
  assertEquals(messageOf("a\nb"), prefix + '"a\\nb"');
  assertEquals(messageOf([1, [2, "x"]]), prefix + '[1, [2, "x"]]');
  assertEquals(messageOf(undefined), prefix + "undefined");
  assertEquals(cannot("add", "no").message, "Cannot add: no");
});

Deno.test("cannot() takes the class of its cause", () => {
  const cause = new RangeError("the disk is full");
  const error = cannot("write", reasonOf(cause), { cause });
  assertInstanceOf(error, RangeError);
  assertEquals(error.cause, cause);
  assertEquals(error.message, "Cannot write: the disk is full");
  assertEquals(
    cannot("write", "no", { cause: new Deno.errors.NotFound("x") }).name,
    "Error",
  );
});

Deno.test("reasonOf() leaves out the action of an inner error", () => {
  const inner = cannot("read block 3", "it is cut short", { received: 12 });
  assertEquals(reasonOf(inner), "it is cut short, received 12");
  assertEquals(reasonOf(new Error("first\nsecond")), "first");
  assertEquals(reasonOf(new TypeError()), "TypeError");
  assertEquals(reasonOf("text"), "text");
  assertEquals(
    reasonOf(new Deno.errors.NotFound("None (os error 2): stat '/a: b'")),
    "None (os error 2)",
  );
  assertEquals(failureOf(new Error("x")), undefined);
});

Deno.test("cannot() lets no control codes through, and keeps messages short", () => {
  const { message } = cannot('open "a\nb"', "it says \x1b[2J\u202e", {});
  assertEquals(message, 'Cannot open "a\\nb": it says \\x1b[2J\\u{202e}');
  const long = cannot("read a line", "x".repeat(9999) + " ends").message;
  assertEquals(long.length, 600);
  const { message: shown } = cannot("read", "no", { received: [{ a: 1 }] });
  assertEquals(shown, 'Cannot read: no, received [{"a":1}]');
  assertEquals(cannot("read", "\0".repeat(599)).message.length, 600);
  assertStringIncludes(long, "x…x");
  assertStringIncludes(long, " ends");
});

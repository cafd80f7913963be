// deno task fuzz: reads mutated inputs with every reader of the project until time is up.
import { parseArgs } from "@std/cli/parse-args";
import { type Finding, fuzz, type Outcome } from "./fuzz.ts";
import { READERS } from "./readers/mod.ts";

const USAGE =
  `deno task fuzz [--seconds N] [--inputs N] [--seed S] [--from N] [--reader NAME]
       [--coverage DIR]

Reads made and mutated inputs with every reader of the project, in child
processes. What breaks the bar (5 s, 1 GB, an error that is no sentence, anything
written or printed) is made smaller and saved in out/fuzz/.

  --seconds  time for all readers together (default: 60)
  --inputs   inputs of each reader, in place of time
  --seed     what inputs are made of (default: by the clock)
  --from     the first input (default: 0)
  --coverage records there what \`deno coverage\` reads; slow
  --reader   one reader: ${READERS.map(({ name }) => name).join(", ")}`;

const args = parseArgs(Deno.args, {
  boolean: ["help"],
  string: ["seconds", "inputs", "seed", "from", "reader", "coverage"],
  unknown: (arg) => fail(`"${arg}" is no option`),
});
if (args.help) {
  console.log(USAGE);
  Deno.exit(0);
}
const readers = READERS.map(({ name }) => name)
  .filter((name) => name === (args.reader ?? name));
if (readers.length === 0) fail(`"${args.reader}" is no reader`);
const seed = numberOf("seed") ?? Date.now() % 2 ** 31;
const inputs = numberOf("inputs");
const seconds = inputs === undefined
  ? (numberOf("seconds") ?? 60) / readers.length
  : undefined;

const start = performance.now();
const outcomes: Outcome[] = [];
const module = new URL("readers/mod.ts", import.meta.url);
console.log(`seed ${seed}\n${row("reader", "inputs", "accepted", "found")}`);
const { coverage } = args;
const options = { module, readers, seed, seconds, inputs, coverage };
for await (const one of fuzz({ ...options, from: numberOf("from") })) {
  outcomes.push(one);
  console.log(
    row(one.reader, one.inputs, one.accepted, one.findings.length),
  );
  for (const finding of one.findings) await save(finding);
}
const sum = (count: (one: Outcome) => number) =>
  outcomes.reduce((total, one) => total + count(one), 0);
const found = sum(({ findings }) => findings.length);
console.log(
  row("all", sum((one) => one.inputs), sum((one) => one.accepted), found) +
    `\n${Math.round((performance.now() - start) / 1000)} s`,
);
Deno.exit(found > 0 ? 1 : 0);

async function save(finding: Finding): Promise<void> {
  const { reader, index, problem, input } = finding;
  const path = `out/fuzz/${reader}-${seed}-${index}.bin`;
  await Deno.mkdir("out/fuzz", { recursive: true });
  await Deno.writeFile(path, input);
  console.log(
    `  ${problem}\n  ${path} (${input.length} bytes): deno task fuzz --reader ${reader} --seed ${seed} --from ${index} --inputs 1`,
  );
}

function numberOf(name: "seconds" | "inputs" | "seed" | "from") {
  const text = args[name];
  if (text === undefined) return undefined;
  if (!/^\d+$/.test(text)) fail(`--${name} takes a whole number`);
  return Number(text);
}

function row(...cells: readonly (string | number)[]): string {
  return cells.map((cell, i) =>
    i === 0 ? String(cell).padEnd(20) : String(cell).padStart(10)
  ).join("");
}

function fail(reason: string): never {
  console.error(`Cannot fuzz: ${reason}\n\n${USAGE}`);
  Deno.exit(2);
}

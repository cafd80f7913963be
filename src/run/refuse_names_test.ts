import { assertThrows } from "@std/assert";
import { refuseNames } from "./refuse_names.ts";

const check = (
  source: string,
  { os = "linux", more = 20, place }: {
    os?: "linux" | "windows";
    more?: number;
    place?: string;
  } = {},
) => refuseNames([{ source, place }], { more, os });

Deno.test("refuseNames() measures names in bytes, with their endings", () => {
  check(`in/${"a".repeat(235)}.svs`);
  check(`in/${"é".repeat(117)}.svs`);
  assertThrows(
    () => check(`in/${"a".repeat(236)}.svs`),
    Error,
    "a name of 236 bytes is too long: files may have 255, and 20 are needed for their endings; rename it, or give a link to it with another name",
  );
  assertThrows(() => check(`in/${"é".repeat(118)}.svs`), Error, "236 bytes");
  assertThrows(
    () => check(`https://e.org/${"a".repeat(236)}.svs?key=secret`),
    Error,
    "download it under another name",
  );
  const place = `${"b".repeat(256)}/a`;
  assertThrows(() => check("a.svs", { place }), Error, "256 bytes");
  check("a.svs", { place: `${"b".repeat(255)}/a` });
});

Deno.test("refuseNames() refuses what is no name of a file", () => {
  for (const name of ["", "%00", "a%00b.svs", "..%2F.."]) {
    assertThrows(
      () => check(`https://e.org/x/${name}`),
      Error,
      `Cannot name the results of "https://e.org/x/${name}": `,
    );
  }
  for (const name of ["a%3Ab.svs", "con.svs", "a%0Ab.svs"]) {
    check(`https://e.org/${name}`);
  }
});

Deno.test("refuseNames() refuses what Windows reserves, there", () => {
  const os = "windows";
  const bad: [string, string][] = [
    ["a%3Ab.svs", 'Windows allows no ":" in names of files'],
    ["a%3Cb.svs", 'Windows allows no "<" in names of files'],
    ["a%0Ab.svs", 'Windows allows no "\\n" in names of files'],
    ["con.svs", 'Windows reserves the name "con"'],
    ["Nul.ome.tif", 'Windows reserves the name "Nul.ome"'],
    ["LPT1.svs", 'Windows reserves the name "LPT1"'],
    ["aux%20.svs", 'Windows reserves the name "aux "'],
  ];
  for (const [name, message] of bad) {
    assertThrows(() => check(`https://e.org/${name}`, { os }), Error, message);
  }
  const place = "e. /a";
  assertThrows(() => check("x.svs", { os, place }), Error, 'no " " at the end');
  for (const name of ["console.svs", "a.con.svs", "com.svs", "com10.svs"]) {
    check(`https://e.org/${name}`, { os });
  }
});

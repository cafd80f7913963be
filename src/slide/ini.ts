/** Sections of an INI file by name, each with its values by key. */
export type Ini = ReadonlyMap<string, ReadonlyMap<string, string>>;

/**
 * Parses an INI file as scanners write them: `[section]`, `key = value`, comments after `;` or `#` at the start of a line.
 * Sections of one name are joined; of equal keys, the last counts. Other lines are ignored.
 */
export function parseIni(text: string): Ini {
  const sections = new Map<string, Map<string, string>>();
  let section = new Map<string, string>();
  for (const each of text.replace(/^\ufeff/, "").split(/\r?\n|\r/)) {
    const line = each.trim();
    if (line === "" || line[0] === ";" || line[0] === "#") continue;
    if (line[0] === "[" && line.at(-1) === "]") {
      const name = line.slice(1, -1);
      section = sections.get(name) ?? new Map();
      sections.set(name, section);
      continue;
    }
    const at = line.indexOf("=");
    if (at < 0) continue;
    section.set(line.slice(0, at).trim(), line.slice(at + 1).trim());
  }
  return sections;
}

import { cannot } from "../src/errors/cannot.ts";
import { type Token, tokenize } from "../src/kernels/wgsl/expression.ts";

/** A parsed shader file. */
interface Module {
  /** The comment at the top. */
  readonly head: string;
  /** Paths of the modules that declare the imported names, by name. */
  readonly imports: ReadonlyMap<string, string>;
  /** The source after the imports. */
  readonly body: string;
  /** The names in the body. */
  readonly mentions: ReadonlySet<string>;
  /** The declarations in the body, by name. */
  readonly declarations: ReadonlyMap<string, Declaration>;
}

/** A declaration, or two joined by `@else`. */
interface Declaration {
  readonly text: string;
  readonly mentions: ReadonlySet<string>;
}

/**
 * Replaces a shader's imports with the imported declarations, and those that they mention.
 *
 * @param path The import path of the shader, such as `conv::conv2d`.
 * @param read Reads the file of an import path.
 */
export function linkShader(
  path: string,
  read: (path: string) => string,
): string {
  const modules = new Map<string, Module>();
  const origins = new Map<string, string>();
  const included: string[] = [];
  const root = moduleOf(path);
  for (const [name, from] of root.imports) include(name, from);
  for (const name of origins.keys()) {
    if (root.mentions.has(name) && !root.imports.has(name)) {
      throw cannot(`link "${path}"`, `"${name}" is not imported`);
    }
  }
  return root.head + included.join("\n") + root.body;

  function moduleOf(path: string): Module {
    let module = modules.get(path);
    if (module) return module;
    modules.set(path, module = readModule(read(path)));
    for (const name of module.imports.keys()) {
      if (!module.mentions.has(name)) {
        throw cannot(`link "${path}"`, `the import "${name}" is unused`);
      }
    }
    return module;
  }

  function include(name: string, from: string): void {
    const origin = origins.get(name);
    if (origin === from) return;
    const { declarations, imports } = moduleOf(from);
    const declaration = declarations.get(name);
    if (!declaration || origin) {
      const place = origin ? `in both ${origin} and` : "not in";
      throw cannot(`link "${path}"`, `"${name}" is ${place} ${from}`);
    }
    origins.set(name, from);
    for (const mention of declaration.mentions) {
      if (declarations.has(mention)) include(mention, from);
      else if (imports.has(mention)) include(mention, imports.get(mention)!);
    }
    included.push(declaration.text.trim());
  }
}

function readModule(source: string): Module {
  const tokens = tokenize(source);
  const imports = new Map<string, string>();
  let at = 0;
  while (tokens[at]?.text === "import") {
    const end = tokens.findIndex(({ text }, i) => i > at && text === ";");
    const names = tokens.slice(at + 1, end).filter(({ isName }) => isName)
      .map(({ text }) => text);
    const isList = tokens[end - 1].text === "}";
    const depth = isList
      ? tokens.slice(at, end).filter(({ text }) => text === "::").length
      : names.length - 1;
    const from = names.slice(1, depth).join("::"); // after "package"
    for (const name of names.slice(depth)) imports.set(name, from);
    at = end + 1;
  }
  const start = at > 0 ? tokens[0].end - tokens[0].text.length : 0;
  const end = at > 0 ? tokens[at - 1].end : 0;
  return {
    head: source.slice(0, start),
    imports,
    body: source.slice(end),
    mentions: mentionsOf(tokens.slice(at)),
    declarations: readDeclarations(source, tokens.slice(at), end),
  };
}

function readDeclarations(
  source: string,
  tokens: readonly Token[],
  start: number,
): Map<string, Declaration> {
  const found = new Map<string, Declaration>();
  let depth = 0;
  let first = 0;
  let last = "";
  tokens.forEach(({ text, end }, i) => {
    depth += text === "{" ? 1 : text === "}" ? -1 : 0;
    if (depth > 0 || (text !== "}" && text !== ";")) return;
    const own = tokens.slice(first, i + 1);
    const whole = { text: source.slice(start, end), mentions: mentionsOf(own) };
    const before = own[1].text === "else" ? found.get(last) : undefined;
    if (!before) last = nameOf(own);
    found.set(last, {
      text: (before?.text ?? "") + whole.text,
      mentions: whole.mentions.union(before?.mentions ?? new Set()),
    });
    start = end;
    first = i + 1;
  });
  return found;
}

const KEYWORDS = new Set(["alias", "const", "fn", "override", "struct", "var"]);

function nameOf(declaration: readonly Token[]): string {
  let at = declaration.findIndex(({ text }) => KEYWORDS.has(text)) + 1;
  if (declaration[at].text === "<") {
    at = declaration.findIndex(({ text }) => text === ">") + 1;
  }
  return declaration[at].text;
}

/** Names that are not members of something. */
function mentionsOf(tokens: readonly Token[]): Set<string> {
  return new Set(
    tokens.filter(({ isName }, i) => isName && tokens[i - 1]?.text !== ".")
      .map(({ text }) => text),
  );
}

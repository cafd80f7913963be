import { join } from "node:path";

/** Environment variables with the user's cache folder. */
export const CACHE_VARIABLES = ["HOME", "XDG_CACHE_HOME", "LOCALAPPDATA"];

/** The folder of this program in the user's cache; `undefined` if the environment does not define it, or may not be read; nobody is asked. */
export function userCache(): string | undefined {
  const read = (variable: string) => {
    const { state } = Deno.permissions.querySync({ name: "env", variable });
    return state === "granted" ? Deno.env.get(variable) : undefined;
  };
  const home = read("HOME");
  const folder = read("XDG_CACHE_HOME") ?? read("LOCALAPPDATA") ??
    (home &&
      join(home, Deno.build.os === "darwin" ? "Library/Caches" : ".cache"));
  return folder ? join(folder, "tilewise") : undefined;
}

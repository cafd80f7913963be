/** Bundles a module of the project, and all that it imports, into one script for browsers. */
export async function bundleForBrowser(entry: URL): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command("deno", {
    args: [
      ...["bundle", "--quiet", "--no-check", "--platform", "browser"],
      decodeURIComponent(entry.pathname),
    ],
    cwd: new URL("../../", import.meta.url),
    stdout: "piped",
    stderr: "piped",
  }).output();
  const text = new TextDecoder();
  if (!success) {
    throw new Error(
      `Cannot bundle ${entry.pathname}: received ${text.decode(stderr)}`,
    );
  }
  return text.decode(stdout);
}

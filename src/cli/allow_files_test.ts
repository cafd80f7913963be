import { assertEquals } from "@std/assert";
import { allowSources } from "./allow_files.ts";

Deno.test("allowSources() asks for no file where all may be read, whose number would take quadratic time", async () => {
  const { request } = Deno.permissions;
  const asked: string[] = [];
  try {
    Deno.permissions.request = (about) => {
      asked.push(JSON.stringify(about));
      return Promise.resolve({ state: "granted" } as Deno.PermissionStatus);
    };
    await allowSources(["a.tif", "b.tif", "https://host.example/c.tif"]);
  } finally {
    Deno.permissions.request = request;
  }
  assertEquals(asked, ['{"name":"net","host":"host.example:443"}']);
});

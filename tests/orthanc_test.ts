// DICOMweb of a real server, Debian's orthanc with its plugin: apt-get install orthanc orthanc-dicomweb.
import { assertEquals } from "@std/assert";
import { openSlide } from "../src/slide/open_slide.ts";
import { makeDicomPicture, reduce } from "./helpers/make_dicom.ts";
import { noise } from "./helpers/noise.ts";
import { readAll } from "./helpers/open_pages.ts";

const PLUGINS = "/usr/share/orthanc/plugins";
const exists = (path: string) => {
  try {
    return Deno.statSync(path) !== null;
  } catch {
    return false;
  }
};
const isInstalled = exists("/usr/sbin/Orthanc") &&
  exists(`${PLUGINS}/libOrthancDicomWeb.so`);
const mayRun = (await Deno.permissions.query({ name: "run" })).state;
const mayAsk = (await Deno.permissions.query({ name: "net" })).state;

const [width, height] = [40, 36];
const pixels = noise(width, height);

/** Starts a server that keeps files in a folder, and waits until it answers. */
async function startOrthanc(folder: string) {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const settings = {
    ...{ StorageDirectory: folder, IndexDirectory: folder, HttpPort: port },
    ...{ DicomServerEnabled: false, RemoteAccessAllowed: false },
    ...{ AuthenticationEnabled: false, Plugins: [PLUGINS] },
    DicomWeb: { Enable: true, Root: "/dicom-web/" },
  };
  await Deno.writeTextFile(`${folder}/o.json`, JSON.stringify(settings));
  const process = new Deno.Command("/usr/sbin/Orthanc", {
    args: [`${folder}/o.json`],
    ...{ stdout: "null", stderr: "null" },
  }).spawn();
  const url = `http://127.0.0.1:${port}`;
  for (let tries = 0; tries < 300; tries++) {
    const answer = await fetch(`${url}/system`).catch(() => undefined);
    await answer?.body?.cancel();
    if (answer?.ok) break;
    await new Promise((done) => setTimeout(done, 100));
  }
  return {
    url,
    async [Symbol.asyncDispose](): Promise<void> {
      process.kill("SIGTERM");
      await process.status;
    },
  };
}

Deno.test({
  name:
    "openSlide() reads a series from Orthanc's DICOMweb (needs orthanc, and permission to run it and for all of 127.0.0.1)",
  ignore: !isInstalled || mayRun !== "granted" || mayAsk !== "granted",
  async fn(): Promise<void> {
    const folder = await Deno.makeTempDir({ prefix: "tilewise-orthanc-" });
    try {
      await using server = await startOrthanc(folder);
      const half = reduce(pixels, { width, height, factor: 2 });
      const study = { StudyInstanceUID: "1.2.77" };
      const spaced = (mm: number) => ({
        ...study,
        SharedFunctionalGroupsSequence: [{
          PixelMeasuresSequence: [{ PixelSpacing: `${mm}\\${mm}` }],
        }],
      });
      const files = [
        makeDicomPicture({
          ...{ width, height, pixels, isSparse: true },
          order: [4, 3, 2, 1, 0, 8, 7, 6, 5],
          more: spaced(0.0005),
        }),
        makeDicomPicture({ ...half, more: spaced(0.001) }),
      ];
      for (const body of files) {
        const answer = await fetch(`${server.url}/instances`, {
          method: "POST",
          body,
        });
        assertEquals(answer.status, 200, await answer.text());
      }
      await using slide = await openSlide({
        dicomweb: `${server.url}/dicom-web`,
        ...{ study: "1.2.77", series: "1.2.9" },
      });
      assertEquals(slide.levels.map(({ downsample }) => downsample), [1, 2]);
      assertEquals(slide.mpp, { x: 0.5, y: 0.5 });
      assertEquals(slide.warnings, []);
      assertEquals(await readAll(slide), pixels);
      const region = { x: 0, y: 0, width: 20, height: 18 };
      assertEquals(await slide.readRegion(region, { level: 1 }), half.pixels);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

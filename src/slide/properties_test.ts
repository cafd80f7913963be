import { assertEquals } from "@std/assert";
import { makeTiff, type PageSpec } from "../../tests/helpers/make_tiff.ts";
import { noise } from "../../tests/helpers/noise.ts";
import { openSlide } from "./open_slide.ts";
import { propertiesOf } from "./properties.ts";

const tile = { width: 16, height: 16 };
const page = (tags: PageSpec["tags"], size = 32): PageSpec => ({
  ...{ width: size, height: size, pixels: noise(size, size), tile, tags },
});

async function open(...pages: PageSpec[]) {
  return await openSlide(new Blob([await makeTiff(pages)]));
}

const bytes = (text: string) => new TextEncoder().encode(text);

Deno.test("propertiesOf() leaves out what has no name or no value; the first of a name counts", () => {
  assertEquals(
    propertiesOf("v", [
      ...[["a", " 1 "], ["", "2"], ["b", " "], ["c", undefined]] as const,
      ...[["a", "3"], ["__proto__", "4"], ["d e", "5"]] as const,
    ]),
    { "v.a": "1", "v.__proto__": "4", "v.d e": "5" },
  );
});

Deno.test("openSlide() gives what each vendor says, under the vendor's names", async () => {
  await using aperio = await open(
    page({ 270: "Aperio x\r\n32x32|AppMag = 20|Title=a=b|Empty =" }),
  );
  assertEquals(aperio.properties, {
    "aperio.AppMag": "20",
    "aperio.Title": "a=b",
  });
  await using trestle = await open(
    page({
      270: "Objective Power=20;OverlapsXY= 0 0;Background Color=E6E6E6",
      305: "MedScan",
    }),
  );
  assertEquals(trestle.properties, {
    "trestle.Objective Power": "20",
    "trestle.OverlapsXY": "0 0",
    "trestle.Background Color": "E6E6E6",
  });
  await using ventana = await open(
    page({ 270: "Label_Image", 700: bytes(`<iScan ScanRes="0.25" X=""/>`) }),
    page({ 270: "level=0 mag=40" }, 48),
  );
  assertEquals(ventana.properties, { "ventana.ScanRes": "0.25" });
  await using qptiff = await open(page({
    270:
      `<PerkinElmer-QPI-ImageDescription><ImageType>FullResolution</ImageType><Barcode>7</Barcode><ScanProfile><a>1</a></ScanProfile></PerkinElmer-QPI-ImageDescription>`,
    305: "PerkinElmer-QPI",
  }));
  assertEquals(qptiff.properties, {
    "perkinelmer.ImageType": "FullResolution",
    "perkinelmer.Barcode": "7",
  });
  await using philips = await open(page({
    270:
      `<DataObject ObjectType="DPUfsImport"><Attribute Name="DICOM_MANUFACTURER">PHILIPS</Attribute><Attribute Name="X"><Array><DataObject ObjectType="DPScannedImage"><Attribute Name="PIM_DP_IMAGE_TYPE">WSI</Attribute><Attribute Name="PIM_DP_IMAGE_DATA">AAAA</Attribute></DataObject></Array></Attribute></DataObject>`,
    305: "Philips DP",
  }));
  assertEquals(philips.properties, {
    "philips.DICOM_MANUFACTURER": "PHILIPS",
    "philips.PIM_DP_IMAGE_TYPE": "WSI",
  });
  await using ome = await open(page({
    270:
      `<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Instrument ID="i"><Microscope Model="M"/><Objective ID="o" LensNA="0.75" NominalMagnification="20"/></Instrument><Image ID="x" Name="a"><AcquisitionDate>2020-01-01</AcquisitionDate><ObjectiveSettings ID="o"/><Pixels ID="p" SizeX="32" SizeY="32" SizeC="3" Type="uint8"><Channel SamplesPerPixel="3"/></Pixels></Image></OME>`,
  }));
  assertEquals(ome.properties, {
    "ome.Image.Name": "a",
    "ome.Image.AcquisitionDate": "2020-01-01",
    "ome.Pixels.SizeX": "32",
    "ome.Pixels.SizeY": "32",
    "ome.Pixels.SizeC": "3",
    "ome.Pixels.Type": "uint8",
    "ome.Microscope.Model": "M",
    "ome.Objective.LensNA": "0.75",
    "ome.Objective.NominalMagnification": "20",
  });
  assertEquals(ome.objectivePower, 20);
  await using plain = await open(page({}));
  assertEquals(plain.properties, {});
});

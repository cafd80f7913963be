import { csvField } from "./csv_field.ts";
import type { PolygonMeasures } from "./measure_polygon.ts";

/** The first line of a table of objects: the same for all slides, so that their tables can be joined. */
export const objectCsvHead: string =
  "id,class,x,y,width,height,centre_x,centre_y,Area px^2,Perimeter px,Max diameter px,Area µm^2,Perimeter µm,Max diameter µm,Circularity,Solidity,mean_probability\n";

/** An object as a line of a table; what is not known stays empty. The id is that of its GeoJSON feature. */
export function objectCsvLine(
  { id, measures, name }: {
    readonly id: string;
    readonly measures: PolygonMeasures;
    readonly name: string;
  },
): string {
  const { box, centre, areaUm2, perimeterUm, maxDiameterUm } = measures;
  return `${id},${
    csvField(name)
  },${box.x},${box.y},${box.width},${box.height},` +
    `${rounded(centre.x)},${rounded(centre.y)},` +
    `${measures.areaPx},${rounded(measures.perimeterPx)},` +
    `${rounded(measures.maxDiameterPx)},${rounded(areaUm2)},` +
    `${rounded(perimeterUm)},${rounded(maxDiameterUm)},` +
    `${rounded(measures.circularity)},${rounded(measures.solidity)},` +
    `${rounded(measures.probability)}\n`;
}

/** Four decimal places, or four significant digits for small numbers. */
function rounded(value: number | undefined): number | "" {
  if (value === undefined) return "";
  return Math.abs(value) >= 0.1
    ? Math.round(value * 1e4) / 1e4
    : Number(value.toPrecision(4));
}

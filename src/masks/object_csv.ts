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
  const { box, centre } = measures;
  let line = `${id},${csvField(name)}`;
  for (
    const value of [
      box.x,
      box.y,
      box.width,
      box.height,
      centre.x,
      centre.y,
      measures.areaPx,
      measures.perimeterPx,
      measures.maxDiameterPx,
      measures.areaUm2,
      measures.perimeterUm,
      measures.maxDiameterUm,
      measures.circularity,
      measures.solidity,
      measures.probability,
    ]
  ) line += value === undefined ? "," : `,${rounded(value)}`;
  return line + "\n";
}

/** Four digits behind the point, of small numbers four in all: a hundredth of what any of these numbers can mean. */
function rounded(value: number): number {
  if (Number.isInteger(value)) return value;
  return Math.abs(value) >= 0.1
    ? Math.round(value * 1e4) / 1e4
    : Number(value.toPrecision(4));
}

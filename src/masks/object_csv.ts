import { csvField } from "./csv_field.ts";
import type { PolygonMeasures } from "./measure_polygon.ts";
import { objectId } from "./polygon_feature.ts";

/** The first line of a table of objects. */
export const objectCsvHead: string =
  "id,class,x,y,width,height,centre_x,centre_y,area_px,perimeter_px,area_um2,perimeter_um,mean_probability\n";

/** An object as a line of a table; what is not known stays empty. The id is that of its GeoJSON feature. */
export function objectCsvLine(
  { index, measures, name }: {
    readonly index: number;
    readonly measures: PolygonMeasures;
    readonly name: string;
  },
): string {
  const { box, centre } = measures;
  const numbers = [
    box.x,
    box.y,
    box.width,
    box.height,
    centre.x,
    centre.y,
    measures.areaPx,
    measures.perimeterPx,
    measures.areaUm2,
    measures.perimeterUm,
    measures.probability,
  ].map((value) => value === undefined ? "" : rounded(value));
  return `${objectId(measures, index)},${csvField(name)},${
    numbers.join(",")
  }\n`;
}

/** At most four digits behind the point: a hundredth of what any of these numbers can mean. */
function rounded(value: number): string {
  return String(Math.round(value * 1e4) / 1e4);
}

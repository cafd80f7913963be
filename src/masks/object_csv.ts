import type { PolygonMeasures } from "./measure_polygon.ts";

/** The columns of a table of objects: the same for all slides, so that their tables can be joined. */
export const objectColumns: readonly string[] = [
  ...["id", "class", "x", "y", "width", "height", "centre_x", "centre_y"],
  ...["Area px^2", "Perimeter px", "Max diameter px"],
  ...["Area µm^2", "Perimeter µm", "Max diameter µm"],
  ...["Circularity", "Solidity", "mean_probability"],
];

/** An object as the fields of a table; what is not known stays empty. The id is that of its GeoJSON feature. */
export function objectFields(
  { id, measures, name }: {
    readonly id: string;
    readonly measures: PolygonMeasures;
    readonly name: string;
  },
): (string | number)[] {
  const { box, centre, areaPx, perimeterPx, maxDiameterPx } = measures;
  const { areaUm2, perimeterUm, maxDiameterUm } = measures;
  const { circularity, solidity, probability } = measures;
  return [
    ...[id, name, box.x, box.y, box.width, box.height],
    ...[rounded(centre.x), rounded(centre.y)],
    ...[areaPx, rounded(perimeterPx), rounded(maxDiameterPx)],
    ...[rounded(areaUm2), rounded(perimeterUm), rounded(maxDiameterUm)],
    ...[rounded(circularity), rounded(solidity), rounded(probability)],
  ];
}

/** Four digits behind the point, of small numbers four in all: a hundredth of what any of these numbers can mean. */
function rounded(value: number | undefined): number | "" {
  if (value === undefined) return "";
  return Math.abs(value) >= 0.1
    ? Math.round(value * 1e4) / 1e4
    : Number(value.toPrecision(4));
}

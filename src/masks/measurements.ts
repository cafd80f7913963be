import type { PolygonMeasures } from "./measure_polygon.ts";

/**
 * An object's measurements with QuPath's names and units, so that QuPath's scripts find them: in µm if the scale is
 * known, else in pixels.
 *
 * Source: QuPath's `ObjectMeasurements.addShapeMeasurements()` and its tables of annotations.
 */
export function measurementsOf(
  measures: PolygonMeasures,
): Record<string, number> {
  const { areaUm2, perimeterUm, maxDiameterUm, probability } = measures;
  const { circularity, solidity } = measures;
  const measurements: Record<string, number> = areaUm2 === undefined
    ? {
      "Area px^2": measures.areaPx,
      "Perimeter px": measures.perimeterPx,
      "Circularity": circularity,
      "Solidity": solidity,
      "Max diameter px": measures.maxDiameterPx,
    }
    : {
      "Area µm^2": areaUm2,
      "Perimeter µm": perimeterUm!,
      "Circularity": circularity,
      "Solidity": solidity,
      "Max diameter µm": maxDiameterUm!,
    };
  if (probability !== undefined) measurements["mean probability"] = probability;
  return measurements;
}

import type { ByteRange } from "../../byte_source.ts";

/** The attributes of DICOM that are read, with their value representations, which implicit files leave out. */
export const TAGS = {
  MediaStorageSOPClassUID: [0x00020002, "UI"],
  TransferSyntaxUID: [0x00020010, "UI"],
  ImageType: [0x00080008, "CS"],
  SOPClassUID: [0x00080016, "UI"],
  SOPInstanceUID: [0x00080018, "UI"],
  Modality: [0x00080060, "CS"],
  Manufacturer: [0x00080070, "LO"],
  ManufacturerModelName: [0x00081090, "LO"],
  AvailableTransferSyntaxUID: [0x00083002, "UI"],
  SoftwareVersions: [0x00181020, "LO"],
  StudyInstanceUID: [0x0020000d, "UI"],
  SeriesInstanceUID: [0x0020000e, "UI"],
  ConcatenationUID: [0x00209161, "UI"],
  InConcatenationNumber: [0x00209162, "US"],
  InConcatenationTotalNumber: [0x00209163, "US"],
  ConcatenationFrameOffsetNumber: [0x00209228, "UL"],
  DimensionOrganizationType: [0x00209311, "CS"],
  SamplesPerPixel: [0x00280002, "US"],
  PhotometricInterpretation: [0x00280004, "CS"],
  PlanarConfiguration: [0x00280006, "US"],
  NumberOfFrames: [0x00280008, "IS"],
  Rows: [0x00280010, "US"],
  Columns: [0x00280011, "US"],
  PixelSpacing: [0x00280030, "DS"],
  BitsAllocated: [0x00280100, "US"],
  BitsStored: [0x00280101, "US"],
  HighBit: [0x00280102, "US"],
  PixelRepresentation: [0x00280103, "US"],
  LossyImageCompression: [0x00282110, "CS"],
  LossyImageCompressionMethod: [0x00282114, "CS"],
  PixelMeasuresSequence: [0x00289110, "SQ"],
  ZOffsetInSlideCoordinateSystem: [0x0040074a, "DS"],
  ImagedVolumeWidth: [0x00480001, "FL"],
  ImagedVolumeHeight: [0x00480002, "FL"],
  TotalPixelMatrixColumns: [0x00480006, "UL"],
  TotalPixelMatrixRows: [0x00480007, "UL"],
  OpticalPathSequence: [0x00480105, "SQ"],
  OpticalPathIdentifier: [0x00480106, "SH"],
  ObjectiveLensPower: [0x00480112, "DS"],
  OpticalPathIdentificationSequence: [0x00480207, "SQ"],
  PlanePositionSlideSequence: [0x0048021a, "SQ"],
  ColumnPositionInTotalImagePixelMatrix: [0x0048021e, "SL"],
  RowPositionInTotalImagePixelMatrix: [0x0048021f, "SL"],
  NumberOfOpticalPaths: [0x00480302, "UL"],
  TotalPixelMatrixFocalPlanes: [0x00480303, "UL"],
  SharedFunctionalGroupsSequence: [0x52009229, "SQ"],
  PerFrameFunctionalGroupsSequence: [0x52009230, "SQ"],
  ExtendedOffsetTable: [0x7fe00001, "OV"],
  ExtendedOffsetTableLengths: [0x7fe00002, "OV"],
} as const;

/** An attribute of DICOM by its keyword. */
export type Keyword = keyof typeof TAGS;

/** Tag and value representation of all attributes that are read. */
export const READ: ReadonlyMap<number, string> = new Map(Object.values(TAGS));

/** The value of an attribute. */
export interface Attribute {
  /** Texts, without what pads them, or numbers. */
  readonly values: readonly (string | number)[];
  /** Items of a sequence. */
  readonly items: readonly Dataset[];
  /** Where it lies, if it is a table that is read when it is needed. */
  readonly range?: ByteRange;
}

/** Attributes by their tags. */
export type Dataset = ReadonlyMap<number, Attribute>;

/** The values of an attribute as texts; none if it is absent. */
export function textsOf(dataset: Dataset, keyword: Keyword): string[] {
  return (dataset.get(TAGS[keyword][0])?.values ?? []).map(String);
}

/** The first value of an attribute as text; `undefined` if it is absent or empty. */
export function textOf(dataset: Dataset, keyword: Keyword): string | undefined {
  return textsOf(dataset, keyword)[0] || undefined;
}

/** The values of an attribute as numbers; NaN for texts that are none. */
export function numbersOf(dataset: Dataset, keyword: Keyword): number[] {
  return textsOf(dataset, keyword).map((text) =>
    text === "" ? NaN : Number(text)
  );
}

/** The first value of an attribute as a number; `undefined` if it is absent or none. */
export function numberOf(
  dataset: Dataset,
  keyword: Keyword,
): number | undefined {
  const [value] = numbersOf(dataset, keyword);
  return Number.isFinite(value) ? value : undefined;
}

/** The items of a sequence; none if it is absent. */
export function itemsOf(
  dataset: Dataset,
  keyword: Keyword,
): readonly Dataset[] {
  return dataset.get(TAGS[keyword][0])?.items ?? [];
}

/** The tag of the pixels, where a header ends. */
export const PIXEL_DATA = 0x7fe00010;

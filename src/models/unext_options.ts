/** One value for each of the four stages, in the order of the data flow. */
export type PerStage = readonly [number, number, number, number];

/** The sizes of a UNeXt: its blocks, widths and channels. */
export interface UnextOptions {
  /** Output channels of the 7×7 stem. */
  readonly stem: number;
  /** ResNeXt blocks in enc1 to enc4. */
  readonly blocks: PerStage;
  /** Channels within the blocks (of conv1 and conv2) in enc1 to enc4. */
  readonly widths: PerStage;
  /** Groups of the blocks' 3×3 convolutions. */
  readonly groups: number;
  /** Output channels of enc1 to enc4. */
  readonly channels: PerStage;
  /** The atrous spatial pyramid on enc4. */
  readonly aspp: {
    /** Output channels of each branch. */
    readonly mid: number;
    /** Output channels. */
    readonly out: number;
    /** Groups of the dilated 3×3 convolutions. */
    readonly groups: number;
    /** Dilation and padding of each dilated branch. */
    readonly dilations: readonly number[];
  };
  /** Output channels of dec4, dec3, dec2 and dec1. */
  readonly decoder: PerStage;
  /** The feature pyramid over aspp, dec4, dec3 and dec2. */
  readonly fpn: {
    /** Channels between a branch's two convolutions. */
    readonly mid: number;
    /** Output channels of each branch. */
    readonly out: number;
  };
}

/** UNeXt50: an encoder of ResNeXt50 32×4d. */
export const unext50Options: UnextOptions = {
  stem: 64,
  blocks: [3, 4, 6, 3],
  widths: [128, 256, 512, 1024],
  groups: 32,
  channels: [256, 512, 1024, 2048],
  aspp: { mid: 256, out: 512, groups: 4, dilations: [1, 2, 3, 4] },
  decoder: [256, 128, 64, 32],
  fpn: { mid: 32, out: 16 },
};

/** UNeXt101: an encoder of ResNeXt101 32×4d. */
export const unext101Options: UnextOptions = {
  ...unext50Options,
  blocks: [3, 4, 23, 3],
};

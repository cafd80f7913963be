import type { Conv2dParams, Conv2dTiling } from "../kernels/conv/conv2d.ts";

/** A convolution to compute by any variant. */
export type Conv2dProblem = Omit<Conv2dParams, "tiling">;

/** A way to compute a convolution. */
export type Conv2dVariant =
  /** `conv2d`: every product, several pixels and channels per thread. */
  | { readonly algorithm: "direct"; readonly tiling: Conv2dTiling }
  /** `conv2d_pointwise`: every product of a 1×1 convolution, pixels in pairs. */
  | { readonly algorithm: "pointwise"; readonly tiling: Conv2dTiling }
  /** `conv2d_shared`: every product, through workgroup memory. */
  | {
    readonly algorithm: "shared";
    readonly tiling: Conv2dTiling;
    /** Parts of each sum, by different workgroups; `add_parts` adds them up. Default: 1. */
    readonly splits?: number;
    /** Whether workgroup memory holds two buffers: one is filled while the other is read. Default: false. */
    readonly double?: true;
  }
  /** Winograd's F(4×4, 3×3): a quarter of the products, more memory traffic. The tiling is that of the products. */
  | {
    readonly algorithm: "winograd";
    readonly tiling: Conv2dTiling;
    /** Whether the products are computed through workgroup memory. Default: false. */
    readonly shared?: true;
    /** Whether the products are computed by `conv2d_pointwise`, for strips with an even number of tiles. Default: false. */
    readonly pointwise?: true;
  }
  /** `conv2d_patch`: threads hold patches of the input. */
  | { readonly algorithm: "patch" };

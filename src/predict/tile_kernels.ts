import type { Dispatch } from "../gpu/dispatch.ts";
import type { BufferRange, Gpu } from "../gpu/gpu.ts";
import type { Executable } from "../graph/compile_graphs.ts";
import {
  accumulate,
  accumulateClasses,
  downsampleTile,
  finish,
  loadTile,
  type Normalization,
} from "../kernels/tile.ts";
import type { Activation } from "../io/classes.ts";
import type { Precision } from "../kernels/wgsl/specialize.ts";
import { FLIPS, type TileKind } from "./backend.ts";
import type { TileBuffers, TileSlot } from "./tile_buffers.ts";

/** A network, as the kernels around it need it. */
export interface GpuNetwork {
  readonly normalization: Normalization;
  /** Default: `sigmoid`. */
  readonly activation?: Activation;
}

/** The kernels before, between and after the networks. */
export interface TileKernels {
  /** Uploaded pixels to the tile's picture; by slot. */
  readonly downsamples: readonly Dispatch[];
  /** A picture to a network's input; by slot, network and flip. */
  readonly loads: readonly (readonly (readonly Dispatch[])[])[];
  /** A network's output to the sums; by slot, network and flip. */
  readonly accumulates:
    readonly (readonly (readonly (readonly Dispatch[])[])[])[];
  /** The sums to results; by slot. */
  readonly finishes: readonly (readonly Dispatch[])[];
}

/** Compiles the kernels around the networks and binds the tiles' buffers to them. */
export async function compileTileKernels(
  gpu: Gpu,
  kind: TileKind & { readonly flips: boolean; readonly threshold: number },
  { executables, buffers, precision, networks }: {
    readonly executables: readonly Executable<"image", "logits">[];
    readonly buffers: TileBuffers;
    readonly precision: Precision;
    readonly networks: readonly GpuNetwork[];
  },
): Promise<TileKernels> {
  const { size: center, factor, span, classes = 1, probability } = kind;
  const side = center + kind.expansion;
  const flips = kind.flips ? FLIPS : FLIPS.slice(0, 1);
  const weight = 1 / (flips.length * executables.length);
  const { slots, pixels, threshold, results } = buffers;
  const { mask, votes: voted, ...kept } = results;
  const runs = executables.map(({ inputs, outputs }, network) => {
    const { normalization, activation } = networks[network];
    const softmax = activation === "softmax";
    return flips.map((flip) => ({
      inputs,
      outputs,
      load: loadTile.program({ side, flip, normalization }, precision),
      accumulate: classes > 1 || softmax
        ? accumulateClasses
          .program({ side, weight, flip, classes, softmax }, precision)
        : accumulate.program({ side, weight, flip }, precision),
      vote: accumulate
        .program({ side, weight, flip, vote: kind.threshold }, precision),
    }));
  });
  const finishing = finish.program(
    {
      ...{ side, center, span, classes, probability },
      bytes: kind.probability8,
      fulls: kind.probabilities,
      planes: kind.probabilities8,
    },
  );
  const voting = finish.program(
    { side, center, span: center, probability: false, bytes: true },
  );
  const downsampling = downsampleTile.program({ side, factor });
  return {
    downsamples: await Promise.all(
      slots.map(({ picture }) =>
        gpu.prepare(downsampling, {
          bytes: whole(pixels),
          output: whole(picture),
        })
      ),
    ),
    loads: await ofEach(
      slots,
      runs,
      ({ picture }, { load, inputs }) =>
        gpu.prepare(load, { bytes: whole(picture), output: inputs.image }),
    ),
    accumulates: await ofEach(
      slots,
      runs,
      ({ probability, votes }, { accumulate, vote, outputs: { logits } }) =>
        Promise.all([
          gpu.prepare(accumulate, { logits, probability: whole(probability) }),
          ...votes
            ? [gpu.prepare(vote, { logits, probability: whole(votes) })]
            : [],
        ]),
    ),
    finishes: await Promise.all(
      slots.map(({ probability, votes }) =>
        Promise.all([
          // First, as it writes a mask of its own, which nobody reads.
          ...votes
            ? [gpu.prepare(voting, {
              probability: whole(votes),
              mask: whole(mask),
              threshold: whole(threshold),
              bytes: whole(voted!),
            })]
            : [],
          gpu.prepare(finishing, {
            probability: whole(probability),
            mask: whole(mask),
            threshold: whole(threshold),
            ...Object.fromEntries(
              Object.entries(kept).map((
                [name, buffer],
              ) => [name, whole(buffer)]),
            ),
          }),
        ])
      ),
    ),
  };
}

/** Prepares a dispatch for each slot, network and flip. */
function ofEach<Run, Prepared>(
  slots: readonly TileSlot[],
  runs: readonly (readonly Run[])[],
  prepare: (slot: TileSlot, run: Run) => Promise<Prepared>,
): Promise<Prepared[][][]> {
  return Promise.all(
    slots.map((slot) =>
      Promise.all(
        runs.map((flips) =>
          Promise.all(flips.map((run) => prepare(slot, run)))
        ),
      )
    ),
  );
}

function whole(buffer: GPUBuffer): BufferRange {
  return { buffer, offset: 0, size: buffer.size };
}

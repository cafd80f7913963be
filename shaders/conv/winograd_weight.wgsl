// U[6 j + i, o, c] = (G g Gᵀ)[j, i] for the 3×3 kernel g from channel c to channel o. See winograd_input.wgsl.
// Layouts: weight [O/4][3][3][C/4][4 inputs] of four outputs; U [36][O/4][C/4][4 inputs] of four outputs.
import package::common::storage::{Packed, pack, unpack};
import package::conv::winograd::root;

override inputs: u32 = 4u; // rounded up to a multiple of four
override output_blocks: u32 = 1u;

@group(0) @binding(0) var<storage, read> weight: array<Packed>;
@group(0) @binding(1) var<storage, read_write> output: array<Packed>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  @if(ragged) if (id.x >= inputs) { return; }
  // Multiplies the 3×3 values by G from the left, to 6×3.
  @split var rows: array<vec4f, 18>;
  @unroll for (var x = 0u; x < 3u; x++) {
    let g0 = unpack(weight[(id.y * 9u + x) * inputs + id.x]);
    let g1 = unpack(weight[(id.y * 9u + 3u + x) * inputs + id.x]);
    let g2 = unpack(weight[(id.y * 9u + 6u + x) * inputs + id.x]);
    rows[x] = g0;
    rows[3 + x] = (-2.0 * g0 - root * g1 - g2) / 3.0;
    rows[6 + x] = (-2.0 * g0 + root * g1 - g2) / 3.0;
    rows[9 + x] = (g0 + root * g1 + 2.0 * g2) / 6.0;
    rows[12 + x] = (g0 - root * g1 + 2.0 * g2) / 6.0;
    rows[15 + x] = g2;
  }
  let step = output_blocks * inputs;
  var at = id.y * inputs + id.x;
  @unroll for (var y = 0u; y < 6u; y++) {
    output[at] = pack(rows[y * 3]);
    output[at + step] = pack((-2.0 * rows[y * 3] - root * rows[y * 3 + 1] - rows[y * 3 + 2]) / 3.0);
    output[at + 2u * step] = pack((-2.0 * rows[y * 3] + root * rows[y * 3 + 1] - rows[y * 3 + 2]) / 3.0);
    output[at + 3u * step] = pack((rows[y * 3] + root * rows[y * 3 + 1] + 2.0 * rows[y * 3 + 2]) / 6.0);
    output[at + 4u * step] = pack((rows[y * 3] - root * rows[y * 3 + 1] + 2.0 * rows[y * 3 + 2]) / 6.0);
    output[at + 5u * step] = pack(rows[y * 3 + 2]);
    at += 6u * step;
  }
}

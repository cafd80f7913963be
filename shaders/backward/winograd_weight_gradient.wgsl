// output[o, c] = Gᵀ u G, where u is the 6×6 gradient of the transformed 3×3 kernel from c to o (winograd_weight.wgsl).
// Layouts: input [36][O/4][C/4][4 inputs] of four outputs; output [O/4][3][3][C/4][4 inputs] of four outputs; 32-bit.
import package::conv::winograd::root;

override inputs: u32 = 4u; // rounded up to a multiple of four
override output_blocks: u32 = 1u;

@group(0) @binding(0) var<storage, read> input: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> output: array<vec4f>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  @if(ragged) if (id.x >= inputs) { return; }
  // Multiplies the 6×6 values by Gᵀ from the left, to 3×6.
  @split var g: array<vec4f, 18>;
  let step = output_blocks * inputs;
  let at = id.y * inputs + id.x;
  @unroll for (var x = 0u; x < 6u; x++) {
    let u1 = input[at + (6u + x) * step];
    let u2 = input[at + (12u + x) * step];
    let u3 = input[at + (18u + x) * step];
    let u4 = input[at + (24u + x) * step];
    g[x] = input[at + x * step] - (u1 + u2) * (2.0 / 3.0) + (u3 + u4) / 6.0;
    g[6 + x] = root * ((u2 - u1) / 3.0 + (u3 - u4) / 6.0);
    g[12 + x] = (u3 + u4 - u1 - u2) / 3.0 + input[at + (30u + x) * step];
  }
  let to = id.y * 9u * inputs + id.x;
  @unroll for (var y = 0u; y < 3u; y++) {
    let sum1 = g[y * 6 + 1] + g[y * 6 + 2];
    let sum2 = g[y * 6 + 3] + g[y * 6 + 4];
    let difference1 = g[y * 6 + 2] - g[y * 6 + 1];
    let difference2 = g[y * 6 + 3] - g[y * 6 + 4];
    output[to + y * 3u * inputs] = g[y * 6] - sum1 * (2.0 / 3.0) + sum2 / 6.0;
    output[to + (y * 3u + 1u) * inputs] = root * (difference1 / 3.0 + difference2 / 6.0);
    output[to + (y * 3u + 2u) * inputs] = (sum2 - sum1) / 3.0 + g[y * 6 + 5];
  }
}

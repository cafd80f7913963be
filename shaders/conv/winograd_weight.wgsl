// U[6 j + i, o, c] = (G g Gᵀ)[j, i] for the 3×3 kernel g from channel c to channel o. See winograd_input.wgsl.
// Layouts: weight [O/4][3][3][C/4][4 inputs] of four outputs; U [36][O/4][C/4][4 inputs] of four outputs.
alias Packed = vec4f;
fn unpack(p: Packed) -> vec4f { return p; }
fn pack(v: vec4f) -> Packed { return v; }

override inputs: u32 = 4u; // rounded up to a multiple of four
override output_blocks: u32 = 1u;

@group(0) @binding(0) var<storage, read> weight: array<Packed>;
@group(0) @binding(1) var<storage, read_write> output: array<Packed>;

const root: f32 = 1.4142135623730951;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= inputs) { return; } // if ragged
  // G from the left: 6×3 of the 3×3.
  var g: array<vec4f, 18>; // registers
  // unroll
  for (var x = 0u; x < 3u; x++) {
    let g0 = unpack(weight[(id.y * 9u + x) * inputs + id.x]);
    let g1 = unpack(weight[(id.y * 9u + 3u + x) * inputs + id.x]);
    let g2 = unpack(weight[(id.y * 9u + 6u + x) * inputs + id.x]);
    g[x] = g0;
    g[3 + x] = (-2.0 * g0 - root * g1 - g2) / 3.0;
    g[6 + x] = (-2.0 * g0 + root * g1 - g2) / 3.0;
    g[9 + x] = (g0 + root * g1 + 2.0 * g2) / 6.0;
    g[12 + x] = (g0 - root * g1 + 2.0 * g2) / 6.0;
    g[15 + x] = g2;
  }
  let step = output_blocks * inputs;
  var at = id.y * inputs + id.x;
  // unroll
  for (var y = 0u; y < 6u; y++) {
    output[at] = pack(g[y * 3]);
    output[at + step] = pack((-2.0 * g[y * 3] - root * g[y * 3 + 1] - g[y * 3 + 2]) / 3.0);
    output[at + 2u * step] = pack((-2.0 * g[y * 3] + root * g[y * 3 + 1] - g[y * 3 + 2]) / 3.0);
    output[at + 3u * step] = pack((g[y * 3] + root * g[y * 3 + 1] + 2.0 * g[y * 3 + 2]) / 6.0);
    output[at + 4u * step] = pack((g[y * 3] - root * g[y * 3 + 1] + 2.0 * g[y * 3 + 2]) / 6.0);
    output[at + 5u * step] = pack(g[y * 3 + 2]);
    at += 6u * step;
  }
}

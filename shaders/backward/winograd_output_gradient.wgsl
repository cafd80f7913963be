// M[6 j + i, o, t] = (A g Aᵀ)[j, i], where g is the tile t of 4×4 pixels of the gradient of a Winograd convolution's output:
// the gradient of the products that are the input of winograd_output.wgsl.
// Layouts: input [N][O/4][H][W] of four channels; M [36][O/4][tiles of the strip] of four channels.
import package::common::storage::{Packed, pack, unpack};
import package::conv::winograd::{Shape, find_tile, root};

@group(0) @binding(0) var<storage, read> input: array<Packed>;
@group(0) @binding(1) var<storage, read_write> output: array<Packed>;
@group(0) @binding(2) var<uniform> shape: Shape;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= shape.tiles) { return; }
  let tile = find_tile(shape.first_tile + id.x, shape.tiles_across, shape.tiles_down);
  let plane = (tile.image * shape.blocks + id.y) * shape.output_height * shape.output_width;

  // Multiplies the 4×4 values by A from the left, to 6×4.
  @split var g: array<vec4f, 4>;
  @split var m: array<vec4f, 24>;
  @unroll for (var x = 0u; x < 4u; x++) {
    let ox = tile.column * 4u + x;
    @unroll for (var y = 0u; y < 4u; y++) {
      let oy = tile.row * 4u + y;
      let inside = oy < shape.output_height && ox < shape.output_width;
      let value = unpack(input[plane + select(0u, oy * shape.output_width + ox, inside)]);
      g[y] = select(vec4f(0.0), value, inside);
    }
    let even1 = g[0] + 0.5 * g[2];
    let odd1 = root * (0.5 * g[1] + 0.25 * g[3]);
    let even2 = g[0] + 2.0 * g[2];
    let odd2 = root * (g[1] + 2.0 * g[3]);
    m[x] = g[0];
    m[4 + x] = even1 + odd1;
    m[8 + x] = even1 - odd1;
    m[12 + x] = even2 + odd2;
    m[16 + x] = even2 - odd2;
    m[20 + x] = g[3];
  }
  let step = shape.blocks * shape.tiles;
  var at = id.y * shape.tiles + id.x;
  @unroll for (var y = 0u; y < 6u; y++) {
    let even1 = m[y * 4] + 0.5 * m[y * 4 + 2];
    let odd1 = root * (0.5 * m[y * 4 + 1] + 0.25 * m[y * 4 + 3]);
    let even2 = m[y * 4] + 2.0 * m[y * 4 + 2];
    let odd2 = root * (m[y * 4 + 1] + 2.0 * m[y * 4 + 3]);
    output[at] = pack(m[y * 4]);
    output[at + step] = pack(even1 + odd1);
    output[at + 2u * step] = pack(even1 - odd1);
    output[at + 3u * step] = pack(even2 + odd2);
    output[at + 4u * step] = pack(even2 - odd2);
    output[at + 5u * step] = pack(m[y * 4 + 3]);
    at += 6u * step;
  }
}

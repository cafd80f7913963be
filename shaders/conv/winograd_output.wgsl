// output[n, o, 4 r + y, 4 c + x] = post(bias[o] + residual[…] + (Aᵀ M A)[y, x]) for the tile in row r, column c of image n;
// post(v) = v, then max(v, 0), then v * scale[o] + shift[o], as requested;
// in the backward pass of a ReLU, also 0 where mask, its result, is not positive. See winograd_input.wgsl.
// Layouts: M [36][O/4][tiles of the strip] of four channels; output and residual [N][O/4][H][W] of four channels.
import package::common::storage::{Packed, unpack};
import package::conv::epilogue::{first_sum, store};
import package::conv::winograd::{Shape, find_tile, root};

@group(0) @binding(0) var<storage, read> input: array<Packed>;
@group(0) @binding(6) var<uniform> shape: Shape;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= shape.tiles) { return; }
  let tile = find_tile(shape.first_tile + id.x, shape.tiles_across, shape.tiles_down);

  // Multiplies the 6×6 values by Aᵀ from the left, to 4×6.
  @split var rows: array<vec4f, 24>;
  let step = shape.blocks * shape.tiles;
  let at = id.y * shape.tiles + id.x;
  @unroll for (var x = 0u; x < 6u; x++) {
    let m0 = unpack(input[at + x * step]);
    let m1 = unpack(input[at + (x + 6u) * step]);
    let m2 = unpack(input[at + (x + 12u) * step]);
    let m3 = unpack(input[at + (x + 18u) * step]);
    let m4 = unpack(input[at + (x + 24u) * step]);
    let m5 = unpack(input[at + (x + 30u) * step]);
    rows[x] = m0 + (m1 + m2) + (m3 + m4);
    rows[6 + x] = root * (0.5 * (m1 - m2) + (m3 - m4));
    rows[12 + x] = 0.5 * (m1 + m2) + 2.0 * (m3 + m4);
    rows[18 + x] = root * (0.25 * (m1 - m2) + 2.0 * (m3 - m4)) + m5;
  }
  let first = first_sum(id.y);
  let plane = (tile.image * shape.blocks + id.y) * shape.output_height * shape.output_width;
  @split var v: array<vec4f, 4>;
  @unroll for (var y = 0u; y < 4u; y++) {
    let sum1 = rows[y * 6 + 1] + rows[y * 6 + 2];
    let difference1 = rows[y * 6 + 1] - rows[y * 6 + 2];
    let sum2 = rows[y * 6 + 3] + rows[y * 6 + 4];
    let difference2 = rows[y * 6 + 3] - rows[y * 6 + 4];
    v[0] = rows[y * 6] + sum1 + sum2;
    v[1] = root * (0.5 * difference1 + difference2);
    v[2] = 0.5 * sum1 + 2.0 * sum2;
    v[3] = root * (0.25 * difference1 + 2.0 * difference2) + rows[y * 6 + 5];
    let oy = tile.row * 4u + y;
    @unroll for (var x = 0u; x < 4u; x++) {
      let ox = tile.column * 4u + x;
      if (oy < shape.output_height && ox < shape.output_width) {
        store(v[x] + first, id.y, plane + oy * shape.output_width + ox);
      }
    }
  }
}

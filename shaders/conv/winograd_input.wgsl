// V[6 j + i, c, t] = (Bᵀ d B)[j, i], where d is the 6×6 patch of the input for the tile t of 4×4 output pixels.
// Winograd's F(4×4, 3×3) (Lavin, Gray 2016, arXiv 1509.09308) for the points 0, ±√½, ±√2 and infinity, whose matrices are
// better conditioned than those for 0, ±1, ±2. Tiles are numbered over all images; a strip of them is transformed.
// With `normalized`, d is max(input * scale + shift, 0) with a scale and shift for each channel, and zero in the padding.
// Layouts: input [N][C/4][H][W] of four channels; V [36][C/4 of all inputs][tiles of the strip] of four channels.
import package::common::storage::{Packed, pack, unpack};
import package::conv::winograd::{find_tile, root};

struct Shape {
  input_height: u32,
  input_width: u32,
  padding: u32,
  blocks: u32, // channel blocks of this input
  all_blocks: u32, // of all inputs together
  start: u32, // index of this input's first block among them
  tiles_across: u32,
  tiles_down: u32,
  first_tile: u32,
  tiles: u32,
}

@group(0) @binding(0) var<storage, read> input: array<Packed>;
@group(0) @binding(1) var<storage, read_write> output: array<Packed>;
@group(0) @binding(2) var<uniform> shape: Shape;
@if(normalized) @group(0) @binding(3) var<storage, read> affine: array<vec4f>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= shape.tiles) { return; }
  let tile = find_tile(shape.first_tile + id.x, shape.tiles_across, shape.tiles_down);
  let plane = (tile.image * shape.blocks + id.y) * shape.input_height * shape.input_width;

  @split var d: array<vec4f, 36>;
  @unroll for (var y = 0u; y < 6u; y++) {
    let iy = tile.row * 4u + y - shape.padding; // negative values wrap around to large ones
    @unroll for (var x = 0u; x < 6u; x++) {
      let ix = tile.column * 4u + x - shape.padding;
      let inside = iy < shape.input_height && ix < shape.input_width;
      var value = unpack(input[plane + select(0u, iy * shape.input_width + ix, inside)]);
      @if(normalized) value = max(fma(value, affine[id.y * 2u], affine[id.y * 2u + 1u]), vec4f(0.0));
      d[y * 6 + x] = select(vec4f(0.0), value, inside);
    }
  }
  // Multiplies by Bᵀ from the left, then by B from the right.
  @unroll for (var x = 0u; x < 6u; x++) {
    let t0 = d[x] - 2.5 * d[12 + x] + d[24 + x];
    let t5 = d[6 + x] - 2.5 * d[18 + x] + d[30 + x];
    let even1 = d[24 + x] - 2.0 * d[12 + x];
    let odd1 = root * (0.5 * d[18 + x] - d[6 + x]);
    let even2 = d[24 + x] - 0.5 * d[12 + x];
    let odd2 = root * (d[18 + x] - 0.5 * d[6 + x]);
    d[x] = t0;
    d[6 + x] = even1 + odd1;
    d[12 + x] = even1 - odd1;
    d[18 + x] = even2 + odd2;
    d[24 + x] = even2 - odd2;
    d[30 + x] = t5;
  }
  let step = shape.all_blocks * shape.tiles;
  var at = (shape.start + id.y) * shape.tiles + id.x;
  @unroll for (var y = 0u; y < 6u; y++) {
    let even1 = d[y * 6 + 4] - 2.0 * d[y * 6 + 2];
    let odd1 = root * (0.5 * d[y * 6 + 3] - d[y * 6 + 1]);
    let even2 = d[y * 6 + 4] - 0.5 * d[y * 6 + 2];
    let odd2 = root * (d[y * 6 + 3] - 0.5 * d[y * 6 + 1]);
    output[at] = pack(d[y * 6] - 2.5 * d[y * 6 + 2] + d[y * 6 + 4]);
    output[at + step] = pack(even1 + odd1);
    output[at + 2u * step] = pack(even1 - odd1);
    output[at + 3u * step] = pack(even2 + odd2);
    output[at + 4u * step] = pack(even2 - odd2);
    output[at + 5u * step] = pack(d[y * 6 + 1] - 2.5 * d[y * 6 + 3] + d[y * 6 + 5]);
    at += 6u * step;
  }
}

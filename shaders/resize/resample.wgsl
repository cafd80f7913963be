// output[n, c, y, x] = input at the row and column that tables name, or between two of each. A table's entry: the first, the
// second, and the bits of the second's weight. Layout: [N][C/4][H][W] of four channels.
import package::common::sizes::{input_height, input_width, output_height, output_width};
import package::common::storage::{Packed, pack, unpack};

@group(0) @binding(0) var<storage, read> input: array<Packed>;
@group(0) @binding(1) var<storage, read_write> output: array<Packed>;
@group(0) @binding(2) var<storage, read> table: array<vec4u>; // of the rows, then of the columns

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= output_height * output_width) { return; }
  let row = table[id.x / output_width];
  let column = table[output_height + id.x % output_width];
  let upper = (id.y * input_height + row.x) * input_width;
  var value = unpack(input[upper + column.x]);
  @if(linear) {
    let lower = (id.y * input_height + row.y) * input_width;
    let t = bitcast<f32>(column.z);
    let top = mix(value, unpack(input[upper + column.y]), t);
    let bottom = mix(unpack(input[lower + column.x]), unpack(input[lower + column.y]), t);
    value = mix(top, bottom, bitcast<f32>(row.z));
  }
  output[id.y * output_height * output_width + id.x] = pack(value);
}

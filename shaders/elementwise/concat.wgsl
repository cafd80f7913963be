// output = the inputs' channels one after the other, whatever their numbers.
// Where all fill blocks of four, `whole`, blocks move as they are. Layout: [N][C/4][H][W] of four channels; channels past the last are zero.
alias Packed = vec4f;
fn unpack(p: Packed) -> vec4f { return p; }
fn pack(v: vec4f) -> Packed { return v; }

override pixels: u32 = 1u;
override output_blocks: u32 = 1u;

@group(0) @binding(0) var<storage, read_write> output: array<Packed>;
// begin input
@group(0) @binding(1) var<storage, read> input0: array<Packed>;
const start0: u32 = 0u; // this input's first channel in the output
const channels0: u32 = 4u;
// end input

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= pixels) { return; }
  var value = vec4f(0.0);
  // begin input
  if (id.y >= start0 / 4u && id.y < (start0 + channels0) / 4u) { // if whole
    value = unpack(input0[(id.z * (channels0 / 4u) + id.y - start0 / 4u) * pixels + id.x]); // if whole
  } // if whole
  // end input
  for (var k = 0u; k < 4u; k++) { // if !whole
    let channel = id.y * 4u + k; // if !whole
    // begin input
    if (channel >= start0 && channel < start0 + channels0) { // if !whole
      let block = id.z * ((channels0 + 3u) / 4u) + (channel - start0) / 4u; // if !whole
      value[k] = unpack(input0[block * pixels + id.x])[(channel - start0) % 4u]; // if !whole
    } // if !whole
    // end input
  } // if !whole
  output[(id.z * output_blocks + id.y) * pixels + id.x] = pack(value);
}

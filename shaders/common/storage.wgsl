// Elements of activation and weight buffers: four channels of 32 bits or, with f16, of 16 bits in two words. Core WGSL reads
// and writes 16-bit storage without any feature; arithmetic is 32-bit.
@if(f16) alias Packed = vec2u;
@else alias Packed = vec4f;

@if(f16) fn unpack(p: Packed) -> vec4f { return vec4f(unpack2x16float(p.x), unpack2x16float(p.y)); }
@else fn unpack(p: Packed) -> vec4f { return p; }

// The first channel, from the first component of an element.
@if(f16) fn unpack_first(p: u32) -> f32 { return unpack2x16float(p).x; }
@else fn unpack_first(p: f32) -> f32 { return p; }

@if(f16) fn pack(v: vec4f) -> Packed { return vec2u(pack2x16float(v.xy), pack2x16float(v.zw)); }
@else fn pack(v: vec4f) -> Packed { return v; }

// Two neighboring values of storage.wgsl, loaded or stored at once: on software adapters, the number of loads matters more
// than their size.
import package::common::storage::Packed;

@if(f16) alias Pair = vec4u;
@else alias Pair = mat2x4f;

@if(f16) fn pair(a: Packed, b: Packed) -> Pair { return vec4u(a, b); }
@else fn pair(a: Packed, b: Packed) -> Pair { return Pair(a, b); }

@if(f16) fn left(p: Pair) -> Packed { return p.xy; }
@else fn left(p: Pair) -> Packed { return p[0]; }

@if(f16) fn right(p: Pair) -> Packed { return p.zw; }
@else fn right(p: Pair) -> Packed { return p[1]; }

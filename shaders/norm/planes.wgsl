// How planes of pixels are divided among threads.
override planes: u32 = 1u; // batch times blocks of four channels
override blocks: u32 = 1u;
override pixels: u32 = 1u; // per plane
override lanes: u32 = 8u;
override rows: u32 = 8u; // planes per workgroup
override span: u32 = 128u; // pixels per plane and workgroup

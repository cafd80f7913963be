// How planes of pixels are cut into threads.
override planes: u32 = 1u; // batch times blocks of four channels
override blocks: u32 = 1u;
override pixels: u32 = 1u; // of a plane
override lanes: u32 = 8u;
override rows: u32 = 8u; // planes of a workgroup
override span: u32 = 128u; // pixels of a plane that a workgroup takes

// Shared by the transforms of Winograd's F(4×4, 3×3) (Lavin, Gray 2016, arXiv 1509.09308). The points are 0, ±√½, ±√2 and
// infinity, whose matrices are better conditioned than those for 0, ±1, ±2. Tiles of 4×4 outputs are numbered over all
// images; a strip of them is transformed at a time.
const root: f32 = 1.4142135623730951;

// Shape for the transforms that read or write the output.
struct Shape {
  output_height: u32,
  output_width: u32,
  blocks: u32,
  tiles_across: u32,
  tiles_down: u32,
  first_tile: u32,
  tiles: u32,
}

struct Tile {
  image: u32,
  row: u32,
  column: u32,
}

fn find_tile(number: u32, across: u32, down: u32) -> Tile {
  let image = number / (across * down);
  return Tile(image, number / across - image * down, number % across);
}

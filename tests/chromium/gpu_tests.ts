// The tests that need a GPU and no files but the goldens, as they stand: this module is bundled for the browser, with
// page_deno.js in place of Deno.
import "../../src/kernels/conv/conv2d_test.ts";
import "../../src/kernels/elementwise_test.ts";
import "../../src/kernels/norm_test.ts";
import "../../src/kernels/pool_test.ts";
import "../../src/kernels/tile_test.ts";
import "../../src/kernels/resize_test.ts";
import "../../src/graph/compile_graphs_test.ts";
import "../../src/graph/split_sums_test.ts";
import "../golden_ops_test.ts";
import "../golden_networks_test.ts";

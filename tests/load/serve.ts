/**
 * The servers under load, in a process of their own, so that their memory can be measured: the example service over a
 * folder, and `view` of one of its slides. Prints their addresses.
 *
 * @module
 */
import { createService } from "../../examples/service.ts";
import { loadModel } from "../../src/predict/load_model.ts";
import { openView } from "../../src/view/open_view.ts";
import { serveView } from "../../src/view/serve_view.ts";
import { oneView } from "../../src/view/view.ts";
import { smallNetwork } from "../helpers/small_network.ts";
import { syntheticStateDict } from "../helpers/synthetic_state_dict.ts";

const [folder, shown] = Deno.args;
await using model = await loadModel(
  smallNetwork,
  syntheticStateDict(smallNetwork),
);
const tiles = { size: 64, expansion: 32, downsample: 1 };
const at = { hostname: "127.0.0.1", port: 0, onListen() {} };
const service = Deno.serve(at, createService(model, { folder, tiles }));
await using view = await openView(`${folder}/${shown}`);
await using page = serveView(oneView(() => view));
let peak = 0;
setInterval(() => peak = Math.max(peak, Deno.memoryUsage().rss), 50);
const stats = Deno.serve(
  at,
  () => Response.json({ rss: Deno.memoryUsage().rss, peak }),
);
const url = (server: Deno.HttpServer<Deno.NetAddr>) =>
  `http://127.0.0.1:${server.addr.port}`;
console.log(JSON.stringify({
  service: url(service),
  stats: url(stats),
  view: page.url.slice(0, -1),
  layers: view.description.layers,
}));
await service.finished;

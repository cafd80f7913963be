import { describeFile } from "../../src/model_folder/model_files.ts";

/** A model on the hub: its commits, oldest first, and the folder of each. */
export type HubModel = readonly {
  readonly commit: string;
  readonly folder: string;
}[];

/** What a server answers in place of a file. */
export type Misbehave = (
  request: Request,
  place: { readonly host: string; readonly path: string },
) => Response | undefined | Promise<Response | undefined>;

/** The hub's name, and that of its storage. */
export const [HUB, STORAGE] = ["huggingface.co", "cas-bridge.xethub.hf.co"];

/**
 * Answers in place of `huggingface.co` and its storage, as they do: by servers on this machine, to which `fetch` is led. What the
 * library asks for, and which names it allows, stays what it is.
 */
export class ModelHub implements AsyncDisposable {
  /** The models, by `OWNER/NAME`. */
  readonly models: Map<string, HubModel> = new Map();
  /** The requests so far, as `HOST PATH`. */
  readonly requests: string[] = [];
  /** Authorization that each host was sent. */
  readonly sent: string[] = [];
  /** The hosts that may be read from. */
  allowed: readonly string[] = [HUB, "*.hf.co"];
  /** The hosts for which permission was asked. */
  readonly asked: string[] = [];
  /** Whether no host can be reached. */
  isOffline = false;
  /** What is answered otherwise. */
  misbehave: Misbehave = () => undefined;
  readonly #servers: Deno.HttpServer<Deno.NetAddr>[] = [];
  readonly #real = {
    fetch: globalThis.fetch,
    request: Deno.permissions.request,
    query: Deno.permissions.query,
  };

  /** Starts it. */
  constructor() {
    const ports = new Map(
      [HUB, STORAGE].map((host) => [host, this.#serve(host)]),
    );
    const { fetch, request, query } = this.#real;
    globalThis.fetch = ((input: URL | string, init?: RequestInit) => {
      const url = new URL(input);
      const port = ports.get(url.hostname);
      if (this.isOffline && (port || url.protocol === "https:")) {
        const reason = "dns error: failed to lookup address information";
        return Promise.reject(new TypeError(reason));
      }
      if (!port) return fetch(url, init);
      const place = `http://127.0.0.1:${port}${url.pathname}${url.search}`;
      return fetch(place, init);
    }) as typeof fetch;
    const answer = (real: typeof request) =>
      ((about: Deno.PermissionDescriptor) => {
        if (about.name !== "net" || !about.host) {
          return real.call(Deno.permissions, about);
        }
        const host = about.host.replace(/:443$/, "");
        if (host.startsWith("127.0.0.1")) {
          return real.call(Deno.permissions, about);
        }
        if (real === request) this.asked.push(host);
        const has = this.allowed.some((name) =>
          host === name || name.startsWith("*.") && host.endsWith(name.slice(1))
        );
        return Promise.resolve({ state: has ? "granted" : "denied" });
      }) as typeof request;
    Deno.permissions.request = answer(request);
    Deno.permissions.query = answer(query);
  }

  /** Ends it. */
  async [Symbol.asyncDispose](): Promise<void> {
    const { fetch, request, query } = this.#real;
    globalThis.fetch = fetch;
    Deno.permissions.request = request;
    Deno.permissions.query = query;
    await Promise.all(this.#servers.map((server) => server.shutdown()));
  }

  #serve(host: string): number {
    const server = Deno.serve(
      {
        ...{ hostname: "127.0.0.1", port: 0, onListen() {} },
        onError: () => new Response("broken", { status: 500 }),
      },
      async (request) => {
        const { pathname, searchParams } = new URL(request.url);
        const path = decodeURIComponent(pathname);
        this.requests.push(`${host} ${path}`);
        const key = request.headers.get("Authorization");
        if (key !== null) this.sent.push(`${host} ${key}`);
        return await this.misbehave(request, { host, path }) ??
          await (host === HUB
            ? this.#answer(path)
            : this.#store(path, searchParams));
      },
    );
    this.#servers.push(server);
    return server.addr.port;
  }

  /** As the hub: small files through its own cache, large ones from the storage. */
  async #answer(path: string): Promise<Response> {
    const [, cached, name, revision, file] =
      /^\/(api\/resolve-cache\/models\/)?([^/]+\/[^/]+)(?:\/resolve)?\/([^/]+)\/(.+)$/
        .exec(path.replace("/refs/pr/", "/refs%2Fpr%2F")) ?? [];
    const model = this.models.get(name);
    if (!model) {
      const headers = { "x-error-code": "RepoNotFound" };
      return new Response("Repository not found", { status: 401, headers });
    }
    const version = revision === "main" || revision === "v1"
      ? model.at(-1)
      : model.find(({ commit }) => commit === revision);
    if (!version) return new Response("Invalid rev id", { status: 404 });
    const { commit, folder } = version;
    const bytes = await Deno.readFile(`${folder}/${file}`).catch(() => {});
    const known = { "x-repo-commit": commit };
    if (!bytes) {
      return new Response("Entry not found", { status: 404, headers: known });
    }
    const { sha256 } = describeFile(file, bytes);
    if (/\.(safetensors|onnx|pth)$/.test(file)) {
      const query = `X-Amz-Signature=1&file=${encodeURIComponent(file)}`;
      const location =
        `https://${STORAGE}/${name}/${commit}/${sha256}?${query}`;
      const headers = {
        ...{ ...known, location, "x-linked-size": String(bytes.length) },
        "x-linked-etag": `"${sha256}"`,
      };
      return new Response("Found", { status: 302, headers });
    }
    if (!cached) {
      const location =
        `/api/resolve-cache/models/${name}/${commit}/${file}?etag=1`;
      const headers = { ...known, location };
      return new Response("Temporary redirect", { status: 307, headers });
    }
    const headers = { ...known, etag: `"${sha256}"` };
    return new Response(bytes, { headers });
  }

  /** As the storage: by digest, with a signature. */
  async #store(path: string, query: URLSearchParams): Promise<Response> {
    const [, owner, repository, commit] = path.split("/");
    const version = this.models.get(`${owner}/${repository}`)
      ?.find((one) => one.commit === commit);
    if (!version || query.get("X-Amz-Signature") !== "1") {
      return new Response("AccessDenied", { status: 403 });
    }
    const file = `${version.folder}/${query.get("file")}`;
    return new Response(await Deno.readFile(file));
  }
}

import { cannot } from "../errors/cannot.ts";
import type { FollowedHosts } from "../slide/remote/follow_redirects.ts";
import { MANIFEST } from "./manifest.ts";

/** Where a model on a server is. */
export interface ModelAddress {
  /** As it was given, for messages: without a query and credentials. */
  readonly shown: string;
  /** All of it, which tells it from others in the cache. */
  readonly key: string;
  /** The host that is asked. */
  readonly host: string;
  /** It, as permissions have it. */
  readonly permission: string;
  /** The hosts that redirects may lead to, if they are limited. */
  readonly only?: FollowedHosts;
  /** The revision, of a model on the hub. */
  readonly revision?: string;
  /** Whether what is there never changes. */
  readonly isFixed: boolean;
  /** The URL of a file, at a commit of the hub if one is given. */
  urlOf(file: string, commit?: string): URL;
  /** The address of a commit, on the hub. */
  at?(commit: string): ModelAddress;
}

const HUB = "huggingface.co";

/** The hub and its storage, wherever that is. */
const hubHosts: FollowedHosts = {
  names: [HUB, "*.hf.co"],
  has: ({ protocol, hostname, port }) =>
    protocol === "https:" && port === "" &&
    (hostname === HUB || hostname.endsWith(".hf.co")),
};

/** Whether a model is on a server: `hf:OWNER/NAME`, or a URL. */
export function isRemoteModel(source: string): boolean {
  return /^(?:hf:|https?:\/\/)/i.test(source);
}

/**
 * The address of a model on a server: `hf:OWNER/NAME`, `hf:OWNER/NAME@REVISION`, or the URL of its folder or of the
 * `model.json` in it.
 *
 * @throws {TypeError} If it is none of these.
 */
export function modelAddress(source: string): ModelAddress {
  return /^hf:/i.test(source) ? onHub(source) : atUrl(source);
}

function onHub(source: string): ModelAddress {
  const [, repository, revision = "main"] =
    /^hf:([A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*)(?:@([A-Za-z0-9][\w./-]*))?$/i
      .exec(source) ?? [];
  if (repository === undefined || source.includes("..")) {
    throw cannot(
      `open model "${source}"`,
      "the address of a model on the hub is hf:OWNER/NAME or hf:OWNER/NAME@REVISION, where REVISION is a branch, a tag or a commit",
      { kind: TypeError },
    );
  }
  const shown = `hf:${repository}@${revision}`;
  return {
    ...{ shown, key: shown, revision, host: HUB },
    permission: `${HUB}:443`,
    only: hubHosts,
    isFixed: /^[0-9a-f]{40}$/.test(revision),
    urlOf(file, commit = revision): URL {
      const path = [repository, "resolve", encodeURIComponent(commit), file];
      return new URL(`https://${HUB}/${path.join("/")}`);
    },
    at: (commit) => onHub(`hf:${repository}@${commit}`),
  };
}

function atUrl(source: string): ModelAddress {
  if (!URL.canParse(source)) {
    throw cannot("open a model", "its address is not a URL", {
      received: source,
      kind: TypeError,
    });
  }
  const url = new URL(source);
  url.hash = "";
  const folder = url.pathname.replace(/\/(?:model\.json)?$/, "");
  const { hostname, port, protocol, host } = url;
  const own = port || (protocol === "https:" ? 443 : 80);
  return {
    shown: `${protocol}//${host}${folder}/${MANIFEST}`,
    key: url.href,
    host,
    permission: `${hostname}:${own}`,
    isFixed: false,
    urlOf(file): URL {
      const place = new URL(url); // its query may hold keys to the server
      place.pathname = `${folder}/${file}`;
      return place;
    },
  };
}

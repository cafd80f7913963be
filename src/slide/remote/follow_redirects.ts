import { TransferError } from "./with_retries.ts";

/** Names that lead to this machine or the local network: without a dot, or with such an ending. */
const LOCAL_NAME =
  /^[^.]*$|\.(?:localhost|local|internal|intranet|lan|home|corp|home\.arpa)$/;

/** The first and the last address of networks that are not public. Source: IANA's registry of special-purpose addresses. */
const PRIVATE_IPV4: readonly (readonly [string, string])[] = [
  ["0.0.0.0", "0.255.255.255"],
  ["10.0.0.0", "10.255.255.255"],
  ["100.64.0.0", "100.127.255.255"],
  ["127.0.0.0", "127.255.255.255"],
  ["169.254.0.0", "169.254.255.255"],
  ["172.16.0.0", "172.31.255.255"],
  ["192.0.0.0", "192.0.0.255"],
  ["192.168.0.0", "192.168.255.255"],
  ["198.18.0.0", "198.19.255.255"],
  ["224.0.0.0", "255.255.255.255"],
];

/**
 * Whether a host is this machine, or of a private network, by its name or address.
 *
 * @param hostname As in `URL.hostname`, which writes every form of an address the same way.
 */
export function isPrivateHost(hostname: string): boolean {
  const name = hostname.replace(/\.$/, "");
  if (name.startsWith("[")) return isPrivateIpv6(name.slice(1, -1));
  if (/^[\d.]+$/.test(name)) return isPrivateIpv4(numberOf(name));
  return LOCAL_NAME.test(name);
}

function numberOf(address: string): number {
  return address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}

function isPrivateIpv4(address: number): boolean {
  return PRIVATE_IPV4.some(([first, last]) =>
    address >= numberOf(first) && address <= numberOf(last)
  );
}

function isPrivateIpv6(address: string): boolean {
  const [head, tail] = address.split("::").map((part) =>
    part === "" ? [] : part.split(":")
  );
  const zeros = Array(8 - head.length - (tail?.length ?? 0)).fill("0");
  const groups = [...head, ...(tail ? [...zeros, ...tail] : [])]
    .map((group) => parseInt(group, 16));
  const ipv4At = (i: number) =>
    isPrivateIpv4(groups[i] * 2 ** 16 + groups[i + 1]);
  const [first, second] = groups;
  // Addresses that contain one of IPv4: mapped, translated (NAT64), 6to4.
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] > 0) {
    return ipv4At(6);
  }
  if (first === 0x64 && second === 0xff9b) return ipv4At(6);
  if (first === 0x2002) return ipv4At(1);
  const isGlobal = first >= 0x2000 && first < 0x4000;
  return !isGlobal || first === 0x2001 && second === 0; // Teredo
}

/** A request for {@linkcode fetchFollowing}. */
export interface FollowOptions {
  readonly method?: "GET" | "HEAD";
  /** Headers of the user: they may hold keys, and stay with the first origin. */
  readonly headers?: HeadersInit;
  /** Headers for every server. */
  readonly open?: Readonly<Record<string, string>>;
  /** The only hosts that redirects may lead to. Default: all that permissions cover. */
  readonly only?: FollowedHosts;
  /** Sees each answer, those that redirect too, and where it comes from. */
  readonly onAnswer?: (answer: Response, place: URL) => void;
  readonly signal: AbortSignal;
}

/** Hosts that redirects may lead to; permission for them is asked for when they do. */
export interface FollowedHosts {
  /** As `--allow-net` takes them. */
  readonly names: readonly string[];
  has(place: URL): boolean;
}

const REDIRECTS = [301, 302, 303, 307, 308];
const MOST = 5;

/** Deno, if it runs this. */
interface Runtime {
  permissions: Record<
    "query" | "request",
    (
      about: { name: "net"; host?: string },
    ) => Promise<{ readonly state: string }>
  >;
  resolveDns(
    name: string,
    type: "A" | "AAAA",
    options: { readonly signal: AbortSignal },
  ): Promise<string[]>;
}

/**
 * Fetches a URL. Redirects are followed within its origin, and to other origins that Deno's permissions already cover, but
 * never from another host to this machine or a private network, and never from `https:` to `http:`.
 *
 * @throws {TransferError} If a redirect is not followed.
 */
export async function fetchFollowing(
  url: string,
  { method, headers, open = {}, only, onAnswer, signal }: FollowOptions,
): Promise<Response> {
  const first = new URL(url);
  const seen = new Set<string>();
  let place = first;
  let sent = withHeaders(headers, open);
  while (true) {
    seen.add(place.href);
    const request = { method, headers: sent, signal };
    const response = await fetch(place, { ...request, redirect: "manual" });
    if (response.type === "opaqueredirect") {
      return await followHidden(place, request, headers);
    }
    onAnswer?.(response, place);
    const location = response.headers.get("Location");
    if (!REDIRECTS.includes(response.status) || location === null) {
      return response;
    }
    await response.body?.cancel().catch(() => {});
    const next = targetOf(location, place);
    if (seen.has(next.href)) throw refusal("redirects in a loop");
    if (seen.size > MOST) throw refusal(`redirects more than ${MOST} times`);
    if (only && !only.has(next)) {
      throw refusal(
        `redirects to ${next.host}, which is not followed: its files come from ${
          only.names.join(" and ")
        } alone`,
      );
    }
    if (next.origin !== place.origin) {
      await checkOrigin(next, { first, only, signal });
    }
    // Once left, they do not come back either: the other server chose the path.
    if (next.origin !== first.origin) sent = withHeaders(undefined, open);
    place = next;
  }
}

function withHeaders(
  headers: HeadersInit | undefined,
  open: Readonly<Record<string, string>>,
): Headers {
  const all = new Headers(headers);
  for (const [name, value] of Object.entries(open)) all.set(name, value);
  return all;
}

/** Browsers hide where a redirect leads, and have rules of their own, but those let headers leave. */
async function followHidden(
  place: URL,
  request: RequestInit,
  headers: HeadersInit | undefined,
): Promise<Response> {
  if ([...new Headers(headers)].length === 0) {
    return await fetch(place, request);
  }
  throw refusal(
    "redirects, and a browser does not say where, so that headers could leave their server; use the final URL",
  );
}

function targetOf(location: string, place: URL): URL {
  if (!URL.canParse(location, place)) {
    throw refusal("redirects to something that is no URL");
  }
  const next = new URL(location, place);
  next.hash = "";
  if (!/^https?:$/.test(next.protocol)) {
    throw refusal(`redirects to a ${next.protocol} URL, which is not followed`);
  }
  if (place.protocol === "https:" && next.protocol === "http:") {
    throw refusal("redirects from https: to http:, which is not followed");
  }
  return next;
}

async function checkOrigin(
  { hostname, host, port, protocol }: URL,
  { first, only, signal }: {
    readonly first: URL;
    readonly only: FollowedHosts | undefined;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const { Deno } = globalThis as unknown as { Deno?: Runtime };
  if (
    hostname !== first.hostname &&
    (isPrivateHost(hostname) || await resolvesToPrivate(hostname, signal, Deno))
  ) {
    throw refusal(
      `redirects to ${host}, which is this machine or a private network, so it is not followed; use that URL itself`,
    );
  }
  const about = {
    name: "net",
    host: `${hostname}:${port || (protocol === "https:" ? 443 : 80)}`,
  } as const;
  const granted = only
    ? await Deno?.permissions.request(about)
    : await Deno?.permissions.query(about);
  if (granted && granted.state !== "granted") {
    throw notAllowed(host, undefined, only?.names);
  }
}

/** Whether a name leads to a private network. Only with permission for all hosts, as names are resolved by yet another one. */
async function resolvesToPrivate(
  hostname: string,
  signal: AbortSignal,
  runtime: Runtime | undefined,
): Promise<boolean> {
  const all = await runtime?.permissions.query({ name: "net" });
  if (!runtime || all?.state !== "granted" || /[\d\]]$/.test(hostname)) {
    return false;
  }
  const answers = await Promise.allSettled(
    (["A", "AAAA"] as const).map((type) =>
      runtime.resolveDns(hostname, type, { signal })
    ),
  );
  signal.throwIfAborted();
  return answers.flatMap((answer) =>
    answer.status === "fulfilled" ? answer.value : []
  ).some((address) => {
    const host = address.includes(":") ? `[${address}]` : address;
    return isPrivateHost(new URL(`http://${host}/`).hostname);
  });
}

/** The error for a host that Deno's permissions do not cover. */
export function notAllowed(
  host: string,
  cause?: unknown,
  names: readonly string[] = [host],
): TransferError {
  return new TransferError(
    `reading from ${host} is not allowed: run with --allow-net=${
      hostsFlag(names)
    }`,
    { passing: false, cause },
  );
}

function refusal(what: string): TransferError {
  return new TransferError(`its server ${what}`, { passing: false });
}

/** Hosts for `--allow-net`, in quotes if shells would expand them. */
export function hostsFlag(names: readonly string[]): string {
  const hosts = names.join(",");
  return hosts.includes("*") ? `'${hosts}'` : hosts;
}

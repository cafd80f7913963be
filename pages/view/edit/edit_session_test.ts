import type { Change } from "../../../src/corrections/change.ts";
import type { ViewObject } from "../../../src/view/description.ts";
import { assertEquals, assertMatch } from "@std/assert";
import type { OutlinedObject } from "../object_store.ts";
import { type Answer, Refusal } from "./correction_server.ts";
import { EditSession } from "./edit_session.ts";
import { History } from "./history.ts";

const square = [0, 0, 10, 0, 10, 10, 0, 10];

function makeObject(id: string, more: Partial<ViewObject> = {}): ViewObject {
  return { id, rings: [square], area: 100, ...more };
}

/** Objects by id, as the page has them. */
class FakeStore {
  readonly all: Map<string, ViewObject>;
  constructor(objects: readonly ViewObject[]) {
    this.all = new Map(objects.map((object) => [object.id!, object]));
  }
  get objects() {
    return this.all.values() as Iterable<OutlinedObject>;
  }
  get(id: string) {
    return this.all.get(id) as OutlinedObject | undefined;
  }
  put(objects: readonly ViewObject[]) {
    for (const object of objects) this.all.set(object.id!, object);
  }
  remove(ids: readonly string[]) {
    for (const id of ids) this.all.delete(id);
  }
}

/** A server of objects; `next` decides what happens to requests. */
class FakeServer {
  readonly all: Map<string, ViewObject>;
  readonly requests: (readonly Change[])[] = [];
  /** What goes wrong with the next requests: an error before or after the changes are saved. */
  readonly next: { readonly error: Error; readonly saved: boolean }[] = [];
  /** What others did since the last answer. */
  readonly news: ViewObject[] = [];

  constructor(objects: readonly ViewObject[]) {
    this.all = new Map(objects.map((object) => [object.id!, object]));
  }

  send(changes: readonly Change[]): Promise<Answer> {
    this.requests.push(changes);
    const trouble = this.next.shift();
    if (trouble && !trouble.saved) return Promise.reject(trouble.error);
    const clash = changes.some(({ id }) =>
      this.news.some((object) => object.id === id)
    );
    if (clash) {
      return Promise.reject(new Refusal(409, "Another window changed it."));
    }
    for (const change of changes) {
      if ("removed" in change) this.all.delete(change.id);
      else {
        const { id, state, ...rest } = change;
        const old = this.all.get(id) ?? makeObject(id);
        const made = { ...old, ...rest, name: rest.name ?? old.name };
        this.all.set(id, { ...made, state: state ?? undefined });
      }
    }
    if (trouble) return Promise.reject(trouble.error);
    const ids = changes.map(({ id }) => id);
    const objects = [
      ...ids.flatMap((id) => this.all.get(id) ?? []),
      ...this.news.splice(0),
    ];
    const removed = ids.filter((id) => !this.all.has(id));
    return Promise.resolve({ version: 0, objects, removed });
  }

  fetchAll(): Promise<ViewObject[]> {
    this.news.length = 0;
    return Promise.resolve([...this.all.values()]);
  }

  /** Another window changes an object. */
  change(object: ViewObject) {
    this.all.set(object.id!, object);
    this.news.push(object);
  }
}

function start(objects = ["a", "b", "c"].map((id) => makeObject(id))) {
  const [store, server] = [new FakeStore(objects), new FakeServer(objects)];
  const session = new EditSession(server, store);
  const history = new History(session);
  return {
    ...{ store, server, session, history },
    /** Gives an object a state. */
    decide(id: string, state: ViewObject["state"]) {
      const before = store.get(id);
      history.do(state ?? "undecide", [
        { id, before, after: { ...before!, state } },
      ]);
    },
    /** Waits until nothing is on its way, or what went wrong is shown. */
    async settle() {
      for (let i = 0; i < 300; i++) await Promise.resolve();
    },
  };
}

Deno.test("EditSession joins what waits, and sends one request at a time", async () => {
  const { server, session, decide, settle } = start();
  decide("a", "accepted");
  decide("b", "accepted");
  decide("c", "rejected");
  assertEquals(session.state.kind, "saving");
  assertEquals(session.isUnsaved, true);
  await settle();
  assertEquals(server.requests, [
    [{ id: "a", state: "accepted" }],
    [{ id: "b", state: "accepted" }, { id: "c", state: "rejected" }],
  ]);
  assertEquals([session.state.kind, session.isUnsaved], ["saved", false]);
});

Deno.test("EditSession notices that a change was saved though its answer was lost", async () => {
  const { server, session, decide, settle } = start();
  server.next.push({
    error: new Error("The server does not answer."),
    saved: true,
  });
  decide("a", "accepted");
  decide("a", "rejected"); // meanwhile
  await settle();
  assertEquals(session.state.kind, "failed");
  assertEquals(session.isUnsaved, true);
  session.retry();
  await settle();
  assertEquals(session.conflicts, []);
  assertEquals(server.all.get("a")!.state, "rejected");
  assertEquals([session.state.kind, session.isUnsaved], ["saved", false]);
});

Deno.test("EditSession keeps changes in order while the server is away", async () => {
  const { server, session, history, store, decide, settle } = start();
  const error = new Error("The server does not answer.");
  server.next.push({ error, saved: false });
  decide("a", "accepted");
  await settle();
  decide("b", "accepted");
  history.undo();
  decide("c", "rejected");
  assertEquals(store.get("c")!.state, "rejected");
  session.retry();
  await settle();
  assertEquals(
    ["a", "b", "c"].map((id) => server.all.get(id)!.state),
    ["accepted", undefined, "rejected"],
  );
});

Deno.test("EditSession asks which change to keep, and holds up no others", async () => {
  for (const keep of ["mine", "theirs"] as const) {
    const { server, session, history, store, decide, settle } = start();
    server.change(makeObject("a", { state: "accepted", name: "Tumor" }));
    decide("a", "rejected");
    decide("b", "accepted");
    await settle();
    assertEquals(server.all.get("b")!.state, "accepted");
    const [conflict] = session.conflicts;
    assertEquals(conflict.theirs?.state, "accepted");
    assertEquals(conflict.mine?.state, "rejected");
    assertEquals([session.conflicts.length, session.isUnsaved], [1, true]);
    assertEquals(server.all.get("a")!.state, "accepted");
    session.decide(conflict, keep);
    await settle();
    const expected = keep === "mine" ? "rejected" : "accepted";
    assertEquals(server.all.get("a")!.state, expected);
    assertEquals(store.get("a")!.state, expected);
    assertEquals(session.isUnsaved, false);
    history.undo(); // of b
    const said = history.undo();
    if (keep === "theirs") assertMatch(said, /another window has changed/);
    else assertEquals(said, "Undo: rejected");
  }
});

Deno.test("EditSession makes a conflict of what others changed while changes waited", async () => {
  const { server, session, decide, settle } = start();
  decide("a", "accepted");
  decide("b", "rejected"); // waits while another window changes it
  server.news.push(makeObject("b", { state: "accepted" }));
  server.all.set("b", makeObject("b", { state: "accepted" }));
  await settle();
  assertEquals(session.conflicts.map(({ id }) => id), ["b"]);
  assertEquals(server.all.get("b")!.state, "accepted");
});

Deno.test("EditSession sends changes one by one if they are refused together, and sets the bad one aside", async () => {
  const { server, session, decide, settle } = start();
  const refusal = new Refusal(400, "It has no area.");
  decide("a", "accepted"); // goes alone
  server.next.push(
    { error: refusal, saved: false },
    { error: refusal, saved: false },
  );
  decide("b", "accepted");
  decide("c", "accepted");
  await settle();
  assertEquals(session.conflicts.map(({ id, reason }) => [id, reason]), [
    ["b", "It has no area."],
  ]);
  assertEquals(server.all.get("c")!.state, "accepted");
  session.decide(session.conflicts[0], "theirs");
  await settle();
  assertEquals(session.isUnsaved, false);
});

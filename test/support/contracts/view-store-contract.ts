/** What every `ViewStore` keeps to, run on each adapter. It uses nothing but the port. */
import { describe, expect, onTestFinished, test } from "vitest";
import { OperationalError } from "../../../src/actors/errors.ts";
import type {
  ViewDefinition,
  ViewDocument,
  ViewQuery,
  ViewStore,
  ViewVersion,
  ViewWrite,
} from "../../../src/actors/ports.ts";

export interface ViewStoreFixture {
  /** A store without any view. */
  readonly views: ViewStore;
  /** Closes the store as a stopped process would, and opens it again with what it has stored. */
  reopen(): Promise<ViewStore>;
  cleanup(): Promise<void>;
}

const PARCELS: ViewDefinition = {
  name: "parcels",
  fields: { status: "text", city: "text", weight: "integer" },
  indexes: [["status", "weight"], ["weight"]],
};
const V1: ViewVersion = { view: "parcels", version: 1 };
const V2: ViewVersion = { view: "parcels", version: 2 };
const APPLIED = { type: "applied", attempts: [] };

export function viewStoreContract(name: string, createFixture: () => Promise<ViewStoreFixture>): void {
  const setUp = async () => {
    const fixture = await createFixture();
    onTestFinished(() => fixture.cleanup());
    await fixture.views.define(PARCELS, 1);
    return fixture;
  };

  describe(`${name} as a view store`, () => {
    test("returns documents as they were put, and leaves out the absent ones", async () => {
      const { views } = await setUp();
      const document = {
        status: "new",
        weight: 3,
        nested: { list: [1, null, "ü 🚚"], "a.b": true, $gt: "" },
        absent: null,
      };
      await views.apply([put("a", document), put("b", {})]);
      expect(await views.getMany(V1, ["b", "nobody", "a"])).toEqual(
        new Map<string, ViewDocument>([
          ["b", {}],
          ["a", document],
        ]),
      );
      expect(await views.getMany(V1, [])).toEqual(new Map());
    });

    test("puts a document only where it is the first of its id, and tells what is there", async () => {
      const { views } = await setUp();
      const first = new Map<string, ViewDocument>([["a", { status: "first", weight: 1 }]]);
      expect(await views.putNew(V1, first)).toEqual(first);
      const told = await views.putNew(
        V1,
        new Map([
          ["b", { status: "new" }],
          ["a", { status: "second" }],
        ]),
      );
      expect(told).toEqual(new Map<string, ViewDocument>([["b", { status: "new" }], ...first]));
      expect(await idsOf(views, { where: { status: "first" } })).toEqual(["a"]);
      expect(await views.putNew(V1, new Map())).toEqual(new Map());
    });

    test("lets one of many racing processes put the first document of an id, and tells all of it", async () => {
      const { views } = await setUp();
      const racers = Array.from({ length: 8 }, (_, i) => views.putNew(V1, new Map([["a", { weight: i }]])));
      const told = (await Promise.all(racers)).map((documents) => documents.get("a"));
      expect(new Set(told.map((document) => JSON.stringify(document))).size).toBe(1);
      expect((await views.getMany(V1, ["a"])).get("a")).toEqual(told[0]);
    });

    test("scans all documents by id, page by page, and those of one version alone", async () => {
      const { views } = await setUp();
      await views.define(PARCELS, 2);
      await views.apply([put("b", { weight: 2 }), put("a", {}), put("c", { weight: 1 }), put("ä", {})]);
      const first = await views.scan(V1, { afterId: "", limit: 3 });
      expect(first).toEqual([
        { id: "a", document: {} },
        { id: "b", document: { weight: 2 } },
        { id: "c", document: { weight: 1 } },
      ]);
      expect(await views.scan(V1, { afterId: "c", limit: 3 })).toEqual([{ id: "ä", document: {} }]);
      expect(await views.scan(V1, { afterId: "ä", limit: 3 })).toEqual([]);
      expect(await views.scan(V2, { afterId: "", limit: 3 })).toEqual([]);
    });

    test("replaces a document whole and finds it by its new fields only", async () => {
      const { views } = await setUp();
      await views.apply([put("a", { status: "new", weight: 1, extra: true })]);
      await views.apply([put("a", { status: "sent", weight: 2 })]);
      expect(await views.getMany(V1, ["a"])).toEqual(new Map([["a", { status: "sent", weight: 2 }]]));
      expect(await idsOf(views, { where: { status: "new" } })).toEqual([]);
      expect(await idsOf(views, { where: { status: "sent" } })).toEqual(["a"]);
    });

    test("applies writes in their order", async () => {
      const { views } = await setUp();
      await views.apply([
        put("a", { weight: 1 }),
        remove("a"),
        put("b", { weight: 2 }),
        put("b", { weight: 3 }),
        remove("nobody"),
      ]);
      expect(await views.getMany(V1, ["a", "b"])).toEqual(new Map([["b", { weight: 3 }]]));
    });

    test("deletes a document from every listing", async () => {
      const { views } = await setUp();
      await views.apply([put("a", { status: "new", weight: 1 }), put("b", { status: "new", weight: 2 })]);
      await views.apply([remove("a")]);
      expect(await idsOf(views, {})).toEqual(["b"]);
      expect(await idsOf(views, { where: { status: "new" } })).toEqual(["b"]);
    });

    test("stores writes and checkpoint together", async () => {
      const fixture = await setUp();
      expect(await fixture.views.checkpoint("projector")).toEqual(new Map());
      await fixture.views.apply([put("a", {})], {
        reactor: "projector",
        positions: new Map([
          [0, 5],
          [3, 9],
        ]),
      });
      await fixture.views.apply([], { reactor: "projector", positions: new Map([[0, 6]]) });
      const reopened = await fixture.reopen();
      expect(await reopened.checkpoint("projector")).toEqual(
        new Map([
          [0, 6],
          [3, 9],
        ]),
      );
      expect(await reopened.checkpoint("another")).toEqual(new Map());
      expect((await reopened.getMany(V1, ["a"])).size).toBe(1);
    });

    test("never moves a checkpoint back: a process that fell behind stores nothing", async () => {
      const { views } = await setUp();
      const reach = (...positions: [number, number][]) => ({ reactor: "projector", positions: new Map(positions) });
      expect(await views.apply([put("a", { weight: 2 })], reach([0, 5], [1, 5]))).toEqual(APPLIED);
      expect(await views.apply([put("a", { weight: 1 })], reach([0, 4], [1, 6]))).toEqual({ type: "behind" });
      expect(await views.apply([], reach([0, 4]))).toEqual({ type: "behind" });
      expect((await views.getMany(V1, ["a"])).get("a")).toEqual({ weight: 2 });
      expect(await views.checkpoint("projector")).toEqual(reach([0, 5], [1, 5]).positions);
      // An apply whose outcome was unknown is applied again.
      expect(await views.apply([put("a", { weight: 3 })], reach([0, 5]))).toEqual(APPLIED);
      expect(await views.apply([put("a", { weight: 4 })], { ...reach([0, 1]), reactor: "another" })).toEqual(APPLIED);
    });

    test("lets one of many racing processes take a checkpoint on, and shows its document", async () => {
      const { views } = await setUp();
      const race = async (weight: number) => {
        const result = await views.apply([put("a", { weight })], { reactor: "p", positions: new Map([[0, weight]]) });
        return result.type === "applied" ? weight : 0;
      };
      const reached = Math.max(...(await Promise.all(Array.from({ length: 12 }, (_, i) => race(i + 1)))));
      expect(await views.checkpoint("p")).toEqual(new Map([[0, reached]]));
      expect((await views.getMany(V1, ["a"])).get("a")).toEqual({ weight: reached });
    });

    test("lets racing processes take checkpoints of several shards on, none of which moves back", async () => {
      const { views } = await setUp();
      const reach = (position: number) => ({
        reactor: "p",
        positions: new Map([
          [0, position],
          [1, 2 * position],
        ]),
      });
      const positions = Array.from({ length: 12 }, (_, i) => i + 1);
      const results = await Promise.all(positions.map((position) => views.apply([], reach(position))));
      expect(results.at(-1)).toEqual(APPLIED);
      expect(await views.checkpoint("p")).toEqual(reach(12).positions);
    });

    test("applies nothing when a part cannot be applied", async () => {
      const { views } = await setUp();
      await views.define(PARCELS, 2);
      await views.activate(V1);
      const writes: ViewWrite[] = [put("a", {}), { type: "put", target: V2, id: "b", document: {} }];
      const applied = views.apply(writes, { reactor: "projector", positions: new Map([[0, 1]]) });
      await expect(applied).rejects.toBeInstanceOf(OperationalError);
      expect(await views.getMany(V1, ["a"])).toEqual(new Map());
      expect(await views.checkpoint("projector")).toEqual(new Map());
    });

    test("never shows a half-applied write to a reader", async () => {
      const { views } = await setUp();
      const pair = ["left", "right"];
      await views.apply(pair.map((id) => put(id, { weight: 0 })));
      let writing = true;
      const write = async () => {
        for (let weight = 1; weight <= 100; weight++) await views.apply(pair.map((id) => put(id, { weight })));
        writing = false;
      };
      const read = async () => {
        while (writing) {
          const documents = await views.list(V1, { ...QUERY, sortBy: "weight" });
          expect(new Set(documents.map(({ document }) => document["weight"])).size).toBe(1);
          expect(documents).toHaveLength(2);
        }
      };
      await Promise.all([write(), read()]);
    });

    test("forgets a checkpoint when it is reset, and only that one", async () => {
      const { views } = await setUp();
      await views.apply([], { reactor: "a", positions: new Map([[0, 1]]) });
      await views.apply([], { reactor: "b", positions: new Map([[0, 2]]) });
      await views.resetCheckpoint("a");
      expect(await views.checkpoint("a")).toEqual(new Map());
      expect(await views.checkpoint("b")).toEqual(new Map([[0, 2]]));
    });

    test("filters by equality on every field that is asked for", async () => {
      const { views } = await setUp();
      await views.apply([
        put("a", { status: "new", city: "Ulm", weight: 1 }),
        put("b", { status: "new", city: "Bern", weight: 2 }),
        put("c", { status: "sent", city: "Ulm", weight: 2 }),
        put("d", { status: "' OR 1=1 --", city: "Ulm", weight: 4 }),
      ]);
      expect(await idsOf(views, { where: { status: "new" } })).toEqual(["a", "b"]);
      expect(await idsOf(views, { where: { status: "new", city: "Ulm" } })).toEqual(["a"]);
      expect(await idsOf(views, { where: { weight: 2 } })).toEqual(["b", "c"]);
      expect(await idsOf(views, { where: { status: "' OR 1=1 --" } })).toEqual(["d"]);
      expect(await idsOf(views, { where: { status: "New" } })).toEqual([]);
    });

    test("refuses a field that the view does not have", async () => {
      const { views } = await setUp();
      await expect(views.list(V1, { ...QUERY, where: { 'status" = 1 --': "x" } })).rejects.toThrow("no field");
      await expect(views.list(V1, { ...QUERY, sortBy: "id" })).rejects.toThrow("no field");
      await expect(views.list(V1, { ...QUERY, where: { constructor: "x" } })).rejects.toThrow("no field");
      await expect(views.list(V1, { ...QUERY, where: { status: { $gt: "" } as unknown as string } })).rejects.toThrow(
        "type",
      );
    });

    test("sorts both ways, ties by id, and leaves out documents without the sort field", async () => {
      const { views } = await setUp();
      await views.apply([
        put("c", { weight: 2 }),
        put("a", { weight: 10 }),
        put("b", { weight: 2 }),
        put("none", { status: "new" }),
        put("null", { weight: null }),
      ]);
      expect(await idsOf(views, { direction: "ascending" })).toEqual(["b", "c", "a"]);
      expect(await idsOf(views, { direction: "descending" })).toEqual(["a", "c", "b"]);
      expect(await idsOf(views, { direction: "descending", limit: 2 })).toEqual(["a", "c"]);
    });

    test("ends a listing at a value, which still belongs to it", async () => {
      const { views } = await setUp();
      await views.apply([1, 2, 3, 4].map((weight) => put(`p${weight}`, { status: "new", weight })));
      expect(await idsOf(views, { until: 3 })).toEqual(["p1", "p2", "p3"]);
      expect(await idsOf(views, { until: 3, direction: "descending" })).toEqual(["p4", "p3"]);
      expect(await idsOf(views, { until: 0 })).toEqual([]);
    });

    test("sorts and ends listings by text as well", async () => {
      const { views } = await setUp();
      await views.apply(["2026-01-02", "2026-01-10", "2025-12-31"].map((city, i) => put(`p${i}`, { city })));
      expect(await idsOf(views, { sortBy: "city", until: "2026-01-02" })).toEqual(["p2", "p0"]);
      expect(await idsOf(views, { sortBy: "city", after: { value: "2026-01-02", id: "p0" } })).toEqual(["p1"]);
    });

    test.each(["ascending", "descending"] as const)(
      "pages %s, each document once, while others come and go",
      async (direction) => {
        const { views } = await setUp();
        await views.apply(
          Array.from({ length: 25 }, (_, i) => put(`p${String(i).padStart(2, "0")}`, { status: "new", weight: i % 5 })),
        );
        const expected = await idsOf(views, { where: { status: "new" }, direction, limit: 100 });
        const seen: string[] = [];
        let after: ViewQuery["after"];
        for (let page = 0; ; page++) {
          const found = await views.list(V1, {
            ...QUERY,
            where: { status: "new" },
            direction,
            limit: 4,
            ...(after && { after }),
          });
          const last = found.at(-1);
          if (last === undefined) break;
          seen.push(...found.map(({ id }) => id));
          after = { value: last.document["weight"] as number, id: last.id };
          // Before the place that was reached, so it must not shift what follows.
          const passed = direction === "ascending" ? -1 - page : 100 + page;
          await views.apply([put(`new-${page}`, { status: "new", weight: passed }), remove(last.id)]);
        }
        expect(seen).toEqual(expected);
      },
    );

    test("keeps the versions of a view apart", async () => {
      const { views } = await setUp();
      await views.define(PARCELS, 2);
      await views.apply([put("a", { weight: 1 }), { type: "put", target: V2, id: "a", document: { weight: 2 } }]);
      expect((await views.getMany(V1, ["a"])).get("a")).toEqual({ weight: 1 });
      expect((await views.getMany(V2, ["a"])).get("a")).toEqual({ weight: 2 });
    });

    test("has no active version until one is activated; then the others of the view are gone", async () => {
      const fixture = await setUp();
      const { views } = fixture;
      await views.define({ ...PARCELS, name: "letters" }, 7);
      await views.define(PARCELS, 2);
      await views.apply([
        put("a", {}),
        { type: "put", target: { view: "letters", version: 7 }, id: "l", document: {} },
      ]);
      expect(await views.activeVersion("parcels")).toBeNull();
      await views.activate(V1);
      expect(await views.activeVersion("parcels")).toBe(1);
      await views.define(PARCELS, 2);
      await views.apply([{ type: "put", target: V2, id: "b", document: {} }]);
      await views.activate(V2);
      expect(await views.activeVersion("parcels")).toBe(2);
      await expect(views.getMany(V1, ["a"])).rejects.toBeInstanceOf(OperationalError);
      expect((await views.getMany(V2, ["b"])).size).toBe(1);
      expect(await views.activeVersion("letters")).toBeNull();
      expect((await views.getMany({ view: "letters", version: 7 }, ["l"])).size).toBe(1);
      const reopened = await fixture.reopen();
      expect(await reopened.activeVersion("parcels")).toBe(2);
    });

    test("starts empty when a dropped version is defined again", async () => {
      const { views } = await setUp();
      await views.apply([put("a", {})]);
      await views.define(PARCELS, 2);
      await views.activate(V2);
      await views.define(PARCELS, 1);
      expect(await views.getMany(V1, ["a"])).toEqual(new Map());
    });

    test("defines a version again without touching it, but not with another shape", async () => {
      const { views } = await setUp();
      await views.apply([put("a", { weight: 1 })]);
      await views.define(PARCELS, 1);
      expect((await views.getMany(V1, ["a"])).size).toBe(1);
      await expect(views.define({ ...PARCELS, fields: { ...PARCELS.fields, size: "integer" } }, 1)).rejects.toThrow(
        "another definition",
      );
    });

    test("refuses a document whose field is of another type", async () => {
      const { views } = await setUp();
      await expect(views.apply([put("a", { weight: "heavy" })])).rejects.toThrow("weight");
      await expect(views.apply([put("a", { weight: 1.5 })])).rejects.toThrow("weight");
      await expect(views.apply([put("a", { status: 1 })])).rejects.toThrow("status");
    });
  });
}

const QUERY: ViewQuery = { where: {}, sortBy: "weight", direction: "ascending", limit: 10 };

async function idsOf(views: ViewStore, query: Partial<ViewQuery>): Promise<string[]> {
  return (await views.list(V1, { ...QUERY, ...query })).map(({ id }) => id);
}

function put(id: string, document: ViewDocument): ViewWrite {
  return { type: "put", target: V1, id, document };
}

function remove(id: string): ViewWrite {
  return { type: "delete", target: V1, id };
}

import { describe, expect, test } from "vitest";
import { ROLES as SERVICE_ROLES, mayActAs as serviceLets } from "../../../src/actors/operators.ts";
import { mayActAs, ROLES } from "../../../web/src/admin/section.ts";
import { routeOf } from "../../../web/src/shell/route.ts";

describe("an address of the console", () => {
  test.each([
    ["/admin", null, []],
    ["/admin/", null, []],
    ["/admin/keys", "keys", []],
    ["/admin/dead-letters/a%2Fb/edit", "dead-letters", ["a/b", "edit"]],
  ])("%s names its section and what the section makes of the rest", (path, section, rest) => {
    expect(routeOf(path, "")).toEqual({ page: "admin", section, rest });
  });

  test("is none of the shop's", () => {
    expect(routeOf("/administration", "")).toEqual({ page: "nowhere" });
  });
});

test("the console and the service agree on what roles may do", () => {
  expect(ROLES).toEqual(SERVICE_ROLES);
  for (const role of ROLES) {
    for (const needed of ROLES) {
      expect(mayActAs({ keyId: "", name: "", role }, needed), `${role} as ${needed}`).toBe(serviceLets(role, needed));
    }
  }
});

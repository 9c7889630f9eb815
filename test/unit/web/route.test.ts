import { expect, test } from "vitest";
import { routeOf } from "../../../web/src/shell/route.ts";

test.each([
  ["/", "storefront"],
  ["/track/0d3cbf5e-7d5c-5a43-9c47-3f1e8a2b6c10", "tracker"],
  ["/track", "nowhere"],
  ["/inbox", "inbox"],
  ["/inbox/", "inbox"],
  ["/inbox/42", "inbox"],
  ["/inbox/abc", "nowhere"],
  ["/inbox/42/more", "nowhere"],
  ["/admin/keys", "admin"],
  ["/nothing", "nowhere"],
])("the address %s shows the page %s", (path, page) => {
  expect(routeOf(path, "").page).toBe(page);
});

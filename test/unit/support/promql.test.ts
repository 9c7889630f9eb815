import { expect, test } from "vitest";
import { metricsIn } from "../../support/promql.ts";

test.each([
  ["up == 0", ["up"]],
  ['sum by (job, le) (rate(a_bucket{le="0.5", x=~"y|z"}[5m])) > 0.5', ["a_bucket"]],
  ["histogram_quantile(0.99, sum by (le) (rate(a_bucket[$__rate_interval])))", ["a_bucket"]],
  ["max(a) > max(a offset 15m) unless on (x) b:rate5m > 1e3", ["a", "b:rate5m"]],
  ['absent(up{job="it is {odd}"} == 1) or vector(0)', ["up"]],
])("finds the metrics of %s", (expression, metrics) => {
  expect(metricsIn(expression)).toEqual(metrics);
});

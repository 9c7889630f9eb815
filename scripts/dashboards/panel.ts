/** A dashboard as plain data, so that a definition reads like its panels look; the Grafana SDK gives each its JSON. */
import {
  GraphGradientMode,
  LegendDisplayMode,
  ReduceDataOptionsBuilder,
  StackingConfigBuilder,
  StackingMode,
  TooltipDisplayMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from "@grafana/grafana-foundation-sdk/common";
import { type Panel, ThresholdsConfigBuilder, ThresholdsMode } from "@grafana/grafana-foundation-sdk/dashboard";
import { DataqueryBuilder } from "@grafana/grafana-foundation-sdk/prometheus";
import { PanelBuilder as StatBuilder } from "@grafana/grafana-foundation-sdk/stat";
import { PanelBuilder as TimeSeriesBuilder } from "@grafana/grafana-foundation-sdk/timeseries";

/** Fixed, so that the dashboard finds the data source that deploy/grafana provisions. */
export const DATA_SOURCE = { type: "prometheus", uid: "orderloom-prometheus" };

/** PromQL and what its lines are called, with labels in double braces. */
export interface Query {
  readonly expr: string;
  readonly legend: string;
}

interface PlanOfAny {
  readonly title: string;
  /** What it shows and when to worry, for somebody who sees it the first time. */
  readonly description: string;
  /** As Grafana names it: `s`, `short`, `reqps`, `percentunit`, `bytes`. */
  readonly unit: string;
  /** In columns of 24. */
  readonly width: number;
}

/** Lines over time. */
export interface Graph extends PlanOfAny {
  readonly kind: "graph";
  readonly queries: readonly Query[];
  /** True where the lines are parts of a whole. */
  readonly stacked?: boolean;
}

/** One number; yellow from `warnFrom` on, red from `alarmFrom` on. */
export interface Figure extends PlanOfAny {
  readonly kind: "figure";
  readonly expr: string;
  readonly warnFrom?: number;
  readonly alarmFrom?: number;
}

export interface Row {
  readonly title: string;
  readonly panels: readonly (Graph | Figure)[];
}

const HEIGHT = { graph: 8, figure: 4 } as const;

/** The JSON of a panel at a place of the dashboard. */
export function panelOf(plan: Graph | Figure, id: number, place: { readonly x: number; readonly y: number }): Panel {
  const builder = plan.kind === "graph" ? graphOf(plan) : figureOf(plan);
  return builder
    .id(id)
    .title(plan.title)
    .description(plan.description)
    .unit(plan.unit)
    .datasource(DATA_SOURCE)
    .gridPos({ ...place, w: plan.width, h: heightOf(plan) })
    .build();
}

export function heightOf({ kind }: Graph | Figure): number {
  return HEIGHT[kind];
}

function graphOf({ queries, stacked = false }: Graph): TimeSeriesBuilder {
  const builder = new TimeSeriesBuilder()
    .min(0)
    .lineWidth(1)
    .fillOpacity(stacked ? 40 : 10)
    .gradientMode(GraphGradientMode.Opacity)
    .legend(new VizLegendOptionsBuilder().displayMode(LegendDisplayMode.List).showLegend(true))
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi))
    .targets(queries.map(({ expr, legend }, index) => queryOf(expr, index).legendFormat(legend).range()));
  return stacked ? builder.stacking(new StackingConfigBuilder().mode(StackingMode.Normal)) : builder;
}

function figureOf({ expr, warnFrom, alarmFrom }: Figure): StatBuilder {
  const steps = [
    { value: null, color: "green" },
    ...(warnFrom === undefined ? [] : [{ value: warnFrom, color: "yellow" }]),
    ...(alarmFrom === undefined ? [] : [{ value: alarmFrom, color: "red" }]),
  ];
  return new StatBuilder()
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(["lastNotNull"]))
    .thresholds(new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(steps))
    .withTarget(queryOf(expr, 0).range());
}

function queryOf(expr: string, index: number): DataqueryBuilder {
  return new DataqueryBuilder().refId(String.fromCharCode("A".charCodeAt(0) + index)).expr(expr);
}

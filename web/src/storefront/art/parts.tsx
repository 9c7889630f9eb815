/** The pieces that the pictures of the dishes are made of. Every dish is seen from above, in a field of 200 by 150. */
import type { ComponentChildren } from "preact";

/** The colours of food and tableware; they are the same in dark and light. */
export const FOOD = {
  china: "#fbfaf6",
  chinaShade: "#e4e1d6",
  shadow: "#141627",
  crust: "#d99a4e",
  crustDark: "#b8722f",
  sauce: "#d2452b",
  sauceDark: "#a92f1b",
  cheese: "#f6c95f",
  cream: "#fff4dc",
  creamShade: "#ecdcb8",
  basil: "#3f8f4f",
  basilDark: "#2b6b3b",
  lettuce: "#86b94a",
  lettuceLight: "#b4d873",
  cocoa: "#5a3826",
  cocoaLight: "#7c5238",
  coffee: "#3a2117",
  crema: "#b9783f",
  raspberry: "#c92c56",
  lemon: "#f7d84a",
  lemonLight: "#fdf0a6",
  wood: "#b98352",
  woodDark: "#9a683c",
  glass: "#cfe4ea",
} as const;

/** A place on the picture, with a turn in degrees. */
export type Spot = readonly [x: number, y: number, turn: number];

/** Draws the same thing at several places. */
export function Scatter({
  spots,
  children,
}: {
  readonly spots: readonly Spot[];
  readonly children: ComponentChildren;
}) {
  return (
    <>
      {spots.map(([x, y, turn]) => (
        <g key={`${x},${y}`} transform={`translate(${x} ${y}) rotate(${turn})`}>
          {children}
        </g>
      ))}
    </>
  );
}

/** A round plate with its shadow. */
export function Plate({ radius = 62 }: { readonly radius?: number }) {
  return (
    <>
      <ellipse cx="104" cy="81" rx={radius} ry={radius} fill={FOOD.shadow} opacity=".16" />
      <circle cx="100" cy="75" r={radius} fill={FOOD.china} />
      <circle cx="100" cy="75" r={radius - 11} fill="none" stroke={FOOD.chinaShade} stroke-width="2" />
    </>
  );
}

/** A leaf of basil that points up from its place. */
export function Leaf({ size = 1 }: { readonly size?: number }) {
  return (
    <g transform={`scale(${size})`}>
      <path d="M0 9C-8 4-7-6 0-11 7-6 8 4 0 9Z" fill={FOOD.basil} />
      <path d="M0 9V-7" stroke={FOOD.basilDark} stroke-width="1.3" stroke-linecap="round" />
    </g>
  );
}

/** A sprig of rosemary or thyme. */
export function Sprig() {
  return (
    <g stroke={FOOD.basilDark} stroke-width="2" stroke-linecap="round">
      <path d="M-11 0H11" />
      <path
        d="M-8 0l-3-4M-4 0l-3-5M0 0l-3-5M4 0 1-5M8 0 5-5M-7 0l-3 4M-3 0l-3 5M1 0l-3 5M5 0 2 5"
        stroke={FOOD.basil}
      />
    </g>
  );
}

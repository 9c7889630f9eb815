/** Pizzas, and the focaccia that comes from the same oven. */
import { FOOD, Leaf, Scatter, type Spot, Sprig } from "./parts.tsx";

const CRUST_SPOTS: readonly Spot[] = [
  [59, 42, 40],
  [137, 37, -50],
  [155, 80, 5],
  [122, 126, 60],
  [67, 122, -40],
  [43, 88, 10],
  [98, 19, 80],
];
const SLICES = "M100 75 143 32M100 75 143 118M100 75 57 118M100 75 57 32M100 75V14M100 75V136M100 75H39M100 75H161";

function Base({ topping }: { readonly topping: string }) {
  return (
    <>
      <circle cx="104" cy="81" r="64" fill={FOOD.shadow} opacity=".16" />
      <circle cx="100" cy="75" r="63" fill={FOOD.crust} />
      <Scatter spots={CRUST_SPOTS}>
        <ellipse rx="6" ry="3" fill={FOOD.crustDark} opacity=".65" />
      </Scatter>
      <circle cx="100" cy="75" r="53" fill={FOOD.sauceDark} />
      <circle cx="100" cy="75" r="51" fill={topping} />
    </>
  );
}

function Cuts() {
  return <path d={SLICES} stroke={FOOD.sauceDark} stroke-width="1.2" opacity=".4" />;
}

export function Margherita() {
  return (
    <>
      <Base topping={FOOD.sauce} />
      <Scatter
        spots={[
          [76, 54, 10],
          [122, 50, 60],
          [132, 85, -20],
          [100, 104, 30],
          [67, 90, 80],
          [100, 72, 0],
        ]}
      >
        <path d="M-12-3c1-9 14-10 18-5 6 2 8 9 3 13-5 5-20 4-21-8Z" fill={FOOD.cream} />
        <path d="M-7-3c2-4 8-4 10-2" fill="none" stroke={FOOD.creamShade} stroke-width="2" stroke-linecap="round" />
      </Scatter>
      <Cuts />
      <Scatter
        spots={[
          [97, 44, -30],
          [118, 68, 70],
          [84, 74, -100],
          [112, 94, 140],
          [80, 108, 20],
          [139, 66, 15],
          [61, 71, 200],
        ]}
      >
        <Leaf size={0.85} />
      </Scatter>
    </>
  );
}

export function Diavola() {
  return (
    <>
      <Base topping={FOOD.cheese} />
      <path
        d="M62 60c9-14 25-6 31-17 9 9 28-3 34 11 16 6 17 28 7 36-3 14-22 18-31 12-12 12-32 8-36-6-11-6-14-24-5-36Z"
        fill={FOOD.sauce}
        opacity=".55"
      />
      <Cuts />
      <Scatter
        spots={[
          [77, 55, 0],
          [112, 46, 30],
          [136, 72, 70],
          [118, 101, 10],
          [84, 103, 50],
          [61, 82, 90],
          [101, 74, 0],
        ]}
      >
        <circle r="10" fill={FOOD.sauceDark} />
        <circle r="8.5" fill="#c23a24" />
        <path d="M-4-2h.1M3-4h.1M4 3h.1M-2 4h.1" stroke={FOOD.cream} stroke-width="2" stroke-linecap="round" />
      </Scatter>
      <Scatter
        spots={[
          [94, 53, 20],
          [121, 72, 110],
          [83, 80, -40],
          [101, 97, 70],
          [134, 92, 10],
        ]}
      >
        <path d="M-7 2c4 4 11 2 14-4" fill="none" stroke={FOOD.basil} stroke-width="3" stroke-linecap="round" />
      </Scatter>
    </>
  );
}

export function Funghi() {
  return (
    <>
      <Base topping={FOOD.cream} />
      <path
        d="M66 62c10-11 24-4 32-14 12 8 25 0 30 12 12 8 10 26 2 31-6 13-22 11-29 6-12 9-27 5-31-7-9-6-10-20-4-28Z"
        fill={FOOD.cheese}
        opacity=".7"
      />
      <Cuts />
      <Scatter
        spots={[
          [78, 53, -20],
          [113, 47, 25],
          [136, 76, 80],
          [116, 102, 160],
          [82, 101, 215],
          [62, 77, -80],
          [101, 75, 10],
        ]}
      >
        <path d="M-11 1C-11-7-5-11 0-11S11-7 11 1c0 3-6 2-7 2V9H-4V3c-1 0-7 1-7-2Z" fill="#c9a27a" />
        <path d="M-7-1C-6-6-3-8 0-8s6 2 7 7c-4 2-10 2-14 0Z" fill="#8a6244" />
        <path d="M0 2v5" stroke="#a98560" stroke-width="2" stroke-linecap="round" />
      </Scatter>
      <Scatter
        spots={[
          [96, 55, 60],
          [123, 83, -30],
          [78, 83, 20],
          [101, 108, 80],
        ]}
      >
        <g transform="scale(.6)">
          <Sprig />
        </g>
      </Scatter>
    </>
  );
}

export function Focaccia() {
  const dimples: readonly Spot[] = [
    [66, 52, 0],
    [92, 49, 0],
    [119, 52, 0],
    [139, 66, 0],
    [63, 77, 0],
    [87, 74, 0],
    [113, 77, 0],
    [138, 93, 0],
    [69, 101, 0],
    [94, 99, 0],
    [117, 102, 0],
  ];
  return (
    <>
      <rect x="36" y="29" width="138" height="104" rx="16" fill={FOOD.shadow} opacity=".16" />
      <rect x="30" y="23" width="138" height="104" rx="16" fill={FOOD.wood} />
      <path d="M34 45h130M34 66h130M34 88h130M34 108h130" stroke={FOOD.woodDark} stroke-width="1.5" opacity=".5" />
      <rect x="46" y="34" width="108" height="84" rx="24" fill={FOOD.crustDark} />
      <rect x="48" y="34" width="104" height="80" rx="22" fill="#e6b364" />
      <Scatter spots={dimples}>
        <ellipse rx="7" ry="5.5" fill={FOOD.crust} />
        <path d="M-3 2c2 1.5 4 1.5 6 0" fill="none" stroke="#f7e3a8" stroke-width="1.6" stroke-linecap="round" />
      </Scatter>
      <Scatter
        spots={[
          [79, 62, 25],
          [127, 70, -50],
          [100, 87, 10],
          [82, 108, -20],
          [108, 44, 70],
        ]}
      >
        <g transform="scale(.8)">
          <Sprig />
        </g>
      </Scatter>
      <path
        d="M74 46h.1M105 62h.1M132 82h.1M76 88h.1M103 108h.1M130 108h.1M58 64h.1M128 55h.1"
        stroke="#fff"
        stroke-width="3.2"
        stroke-linecap="round"
      />
    </>
  );
}

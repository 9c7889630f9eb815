/** Dishes that come on a plate or in a bowl. */
import { FOOD, Leaf, Plate, Scatter, type Spot } from "./parts.tsx";

export function Lasagne() {
  return (
    <>
      <Plate />
      <path d="M58 84c-6 20 12 34 38 33 30 4 52-10 50-32-4-20-80-22-88-1Z" fill={FOOD.sauce} />
      <g transform="rotate(-9 100 75)">
        <rect x="64" y="47" width="74" height="60" rx="5" fill={FOOD.sauceDark} />
        <path d="M64 92h74M64 99h74" stroke={FOOD.cream} stroke-width="3" />
        <rect x="64" y="43" width="74" height="46" rx="6" fill={FOOD.cheese} />
        <path
          d="M70 50c8-5 15 3 22-1s14-3 21 1 14-2 19 3c3 6-2 10 0 16s-1 12-7 12-10-3-17-1-13 3-20 0-13 3-17-3 2-9 0-14-4-10-1-13Z"
          fill="#f9dd93"
        />
        <Scatter
          spots={[
            [82, 57, 20],
            [107, 54, -15],
            [124, 66, 30],
            [90, 75, 0],
            [113, 77, 10],
          ]}
        >
          <ellipse rx="7" ry="4" fill={FOOD.crust} opacity=".75" />
        </Scatter>
      </g>
      <Scatter
        spots={[
          [98, 62, -40],
          [110, 60, 50],
        ]}
      >
        <Leaf />
      </Scatter>
    </>
  );
}

export function Gnocchi() {
  const dumplings: readonly Spot[] = [
    [78, 58, 20],
    [101, 52, -30],
    [123, 62, 60],
    [70, 79, 80],
    [92, 74, 10],
    [115, 82, -20],
    [132, 82, 90],
    [83, 97, -15],
    [104, 100, 35],
  ];
  return (
    <>
      <Plate />
      <circle cx="100" cy="75" r="46" fill={FOOD.sauceDark} />
      <circle cx="100" cy="75" r="43" fill={FOOD.sauce} />
      <Scatter spots={dumplings}>
        <ellipse cy="2" rx="12" ry="8.5" fill={FOOD.sauceDark} opacity=".6" />
        <ellipse rx="12" ry="8.5" fill="#f3dfae" />
        <path d="M-5-5v10M0-6.5v13M5-5v10" stroke="#d8bd80" stroke-width="1.8" stroke-linecap="round" />
      </Scatter>
      <Scatter
        spots={[
          [88, 86, 0],
          [113, 68, 80],
        ]}
      >
        <path d="M-9-2c1-7 11-8 14-4 5 2 6 7 2 10-4 4-15 3-16-6Z" fill={FOOD.china} />
      </Scatter>
      <Scatter
        spots={[
          [101, 84, 30],
          [92, 66, -60],
          [122, 97, 110],
        ]}
      >
        <Leaf size={0.8} />
      </Scatter>
    </>
  );
}

export function Caesar() {
  const leaves: readonly Spot[] = [
    [76, 62, -50],
    [98, 50, 5],
    [124, 60, 50],
    [132, 84, 95],
    [112, 100, 150],
    [86, 100, 205],
    [68, 84, -95],
    [88, 77, -20],
    [111, 76, 60],
  ];
  return (
    <>
      <Plate />
      <circle cx="100" cy="75" r="48" fill={FOOD.chinaShade} />
      <Scatter spots={leaves}>
        <path d="M0 18c-14-4-18-16-12-24 2-9 8-9 12-13 4 4 10 4 12 13 6 8 2 20-12 24Z" fill={FOOD.lettuce} />
        <path d="M0 16c-8-6-9-14-5-20 1-5 3-6 5-9 2 3 4 4 5 9 4 6 3 14-5 20Z" fill={FOOD.lettuceLight} />
        <path
          d="M0 16V-8M0 6l-6-5M0 6l6-5M0-1l-5-4M0-1l5-4"
          stroke="#e9f4cf"
          stroke-width="1.5"
          stroke-linecap="round"
        />
      </Scatter>
      <Scatter
        spots={[
          [82, 57, 15],
          [118, 72, 40],
          [96, 92, -20],
          [128, 97, 10],
          [72, 77, 60],
          [104, 66, 30],
        ]}
      >
        <rect x="-6.5" y="-6.5" width="13" height="13" rx="3" fill={FOOD.crustDark} />
        <rect x="-6.5" y="-6.5" width="12" height="12" rx="3" fill="#e2a95c" />
      </Scatter>
      <Scatter
        spots={[
          [98, 78, 20],
          [112, 52, -40],
          [84, 84, 80],
          [114, 92, 10],
        ]}
      >
        <path d="M-9 2C-5-5 5-6 9-1 4-2-3 0-6 5Z" fill={FOOD.cream} />
      </Scatter>
    </>
  );
}

export function Burrata() {
  const tomatoes: readonly Spot[] = [
    [66, 60, 0],
    [84, 42, 30],
    [110, 39, 60],
    [132, 54, 10],
    [138, 79, 50],
    [126, 101, 20],
    [102, 113, 70],
    [77, 107, 0],
    [61, 86, 40],
  ];
  return (
    <>
      <Plate />
      <circle cx="100" cy="75" r="40" fill="#e9c94c" opacity=".35" />
      <Scatter spots={tomatoes}>
        <circle r="11" fill={FOOD.sauceDark} />
        <circle r="9.5" fill="#e65a3c" />
        <path d="M0-6v12M-6 0H6" stroke="#f7a285" stroke-width="2" stroke-linecap="round" />
        <path
          d="M-3.5-3.5h.1M3.5-3.5h.1M3.5 3.5h.1M-3.5 3.5h.1"
          stroke={FOOD.lemonLight}
          stroke-width="2.4"
          stroke-linecap="round"
        />
      </Scatter>
      <circle cx="101" cy="79" r="27" fill={FOOD.sauceDark} opacity=".25" />
      <circle cx="100" cy="75" r="27" fill="#fffdf7" />
      <path d="M80 84a23 23 0 0 0 38 3" fill="none" stroke={FOOD.creamShade} stroke-width="4" stroke-linecap="round" />
      <path
        d="M94 66c2-6 11-6 12 0 2 4-3 7-6 7s-8-2-6-7Z"
        fill={FOOD.cream}
        stroke={FOOD.creamShade}
        stroke-width="1.5"
      />
      <Scatter
        spots={[
          [77, 72, -80],
          [124, 76, 70],
          [98, 104, 190],
        ]}
      >
        <Leaf size={0.9} />
      </Scatter>
    </>
  );
}

export function Tiramisu() {
  const dust: readonly Spot[] = [
    [60, 60, 0],
    [66, 100, 0],
    [140, 52, 0],
    [144, 94, 0],
    [54, 80, 0],
    [120, 118, 0],
    [88, 118, 0],
  ];
  return (
    <>
      <Plate />
      <Scatter spots={dust}>
        <path
          d="M0 0h.1M5 3h.1M-4 5h.1M2 9h.1"
          stroke={FOOD.cocoaLight}
          stroke-width="2"
          stroke-linecap="round"
          opacity=".7"
        />
      </Scatter>
      <g transform="rotate(8 100 75)">
        <rect x="67" y="52" width="66" height="56" rx="6" fill={FOOD.crust} />
        <path d="M68 97h64" stroke={FOOD.cream} stroke-width="7" />
        <path d="M68 104h64" stroke={FOOD.cocoa} stroke-width="3" />
        <rect x="67" y="44" width="66" height="48" rx="6" fill={FOOD.cream} />
        <rect x="69" y="46" width="62" height="44" rx="5" fill={FOOD.cocoa} />
        <path
          d="M76 54h.1M88 51h.1M101 56h.1M114 51h.1M125 57h.1M80 67h.1M94 65h.1M109 68h.1M121 72h.1M76 80h.1M90 82h.1M103 79h.1M116 84h.1"
          stroke={FOOD.cocoaLight}
          stroke-width="6"
          stroke-linecap="round"
        />
      </g>
      <Scatter
        spots={[
          [92, 62, -30],
          [105, 63, 45],
        ]}
      >
        <Leaf />
      </Scatter>
    </>
  );
}

export function PannaCotta() {
  return (
    <>
      <Plate />
      <path d="M62 78c-6-22 14-38 35-37 24-2 46 10 44 33 4 24-17 38-41 37-22 2-40-12-38-33Z" fill={FOOD.raspberry} />
      <path d="M134 104c8-1 13 3 12 8s-8 6-12 2-4-9 0-10Z" fill={FOOD.raspberry} />
      <circle cx="101" cy="79" r="29" fill="#8f1a3b" opacity=".35" />
      <circle cx="100" cy="74" r="29" fill={FOOD.creamShade} />
      <circle cx="100" cy="72" r="27" fill="#fff8e8" />
      <path d="M82 66a20 20 0 0 1 16-12" fill="none" stroke="#fff" stroke-width="4" stroke-linecap="round" />
      <path
        d="M93 82h.1M110 62h.1M114 79h.1M87 73h.1M104 86h.1"
        stroke="#6a4b34"
        stroke-width="2"
        stroke-linecap="round"
      />
      <Scatter
        spots={[
          [97, 69, 0],
          [108, 73, 0],
          [134, 58, 0],
          [68, 98, 0],
        ]}
      >
        <circle r="7" fill={FOOD.raspberry} />
        <path
          d="M-3-2h.1M1-4h.1M4 0h.1M0 1h.1M-4 3h.1M2 4h.1"
          stroke="#ec7a97"
          stroke-width="2.6"
          stroke-linecap="round"
        />
      </Scatter>
      <Scatter spots={[[104, 58, 30]]}>
        <Leaf size={0.8} />
      </Scatter>
    </>
  );
}

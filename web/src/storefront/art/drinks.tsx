/** Drinks, and the covered dish that stands in for an article without a picture of its own. */
import { FOOD, Leaf, Plate, Scatter } from "./parts.tsx";

const SEGMENT = "M0-4-8-19A21 21 0 0 1 8-19Z";

export function Lemonade() {
  return (
    <>
      <circle cx="104" cy="81" r="60" fill={FOOD.shadow} opacity=".16" />
      <circle cx="100" cy="75" r="59" fill={FOOD.wood} />
      <circle cx="100" cy="75" r="52" fill="none" stroke={FOOD.woodDark} stroke-width="1.5" opacity=".6" />
      <circle cx="100" cy="75" r="45" fill={FOOD.glass} />
      <circle cx="100" cy="75" r="40" fill={FOOD.lemonLight} />
      <Scatter
        spots={[
          [78, 62, 20],
          [84, 97, -25],
          [124, 92, 40],
        ]}
      >
        <rect x="-11" y="-11" width="22" height="22" rx="5" fill="#fff" opacity=".75" />
        <path d="M-6 4V-6H4" fill="none" stroke="#fff" stroke-width="2.5" stroke-linecap="round" />
      </Scatter>
      <g transform="translate(107 71)">
        <circle r="26" fill={FOOD.lemon} />
        <circle r="23" fill="#fffbe0" />
        <Scatter
          spots={[
            [0.1, 0, 0],
            [0, 0.1, 51],
            [0.2, 0, 103],
            [0, 0.2, 154],
            [0.3, 0, 206],
            [0, 0.3, 257],
            [0.4, 0, 309],
          ]}
        >
          <path d={SEGMENT} fill={FOOD.lemon} />
        </Scatter>
      </g>
      <Scatter
        spots={[
          [80, 80, -70],
          [91, 88, -150],
        ]}
      >
        <Leaf />
      </Scatter>
      <path d="m62 128 42-66" stroke={FOOD.china} stroke-width="8" stroke-linecap="round" />
      <path d="m62 128 42-66" stroke={FOOD.raspberry} stroke-width="8" stroke-dasharray="7 9" />
    </>
  );
}

export function Espresso() {
  return (
    <>
      <Plate radius={57} />
      <g transform="rotate(-35 100 75)">
        <rect
          x="126"
          y="68"
          width="31"
          height="14"
          rx="7"
          fill={FOOD.china}
          stroke={FOOD.chinaShade}
          stroke-width="2.5"
        />
      </g>
      <circle cx="102" cy="79" r="36" fill={FOOD.shadow} opacity=".16" />
      <circle cx="100" cy="75" r="35" fill={FOOD.china} stroke={FOOD.chinaShade} stroke-width="2" />
      <circle cx="100" cy="75" r="28" fill={FOOD.coffee} />
      <circle cx="100" cy="75" r="24" fill={FOOD.crema} />
      <path
        d="M84 70c6-12 27-11 31 1 4 13-14 19-21 12-6-7 4-15 11-10"
        fill="none"
        stroke="#8a5228"
        stroke-width="5"
        stroke-linecap="round"
      />
      <path d="M85 62a20 20 0 0 1 11-6" fill="none" stroke="#e5b37c" stroke-width="3.5" stroke-linecap="round" />
      <g transform="rotate(28 60 112)">
        <ellipse cx="45" cy="112" rx="11" ry="6.5" fill="#aeb4c4" />
        <path d="M54 112h42" stroke="#aeb4c4" stroke-width="4.5" stroke-linecap="round" />
        <ellipse cx="44" cy="111" rx="7" ry="3.5" fill="#d6dae4" />
      </g>
    </>
  );
}

export function CoveredDish() {
  return (
    <>
      <Plate />
      <circle cx="100" cy="75" r="45" fill="#c3c8d6" />
      <circle cx="100" cy="75" r="41" fill="#d9dde7" />
      <circle cx="100" cy="75" r="27" fill="#e9ecf2" />
      <path d="M72 62a32 32 0 0 1 18-17" fill="none" stroke="#fff" stroke-width="5" stroke-linecap="round" />
      <circle cx="101" cy="77" r="9" fill="#9aa1b5" />
      <circle cx="100" cy="75" r="9" fill="#b9bfce" />
      <circle cx="97" cy="72" r="3" fill="#eef0f5" />
    </>
  );
}

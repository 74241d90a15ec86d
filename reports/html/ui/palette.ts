/** Cividis: dark blue to yellow, read alike with every kind of colour vision and in grey. Nunez et al., PLoS ONE 13(7), 2018; ten of its colours. */
const CIVIDIS: readonly (readonly [number, number, number])[] = [
  [0, 32, 76],
  [0, 48, 111],
  [57, 72, 107],
  [87, 93, 109],
  [112, 113, 115],
  [138, 134, 119],
  [167, 157, 112],
  [197, 181, 98],
  [228, 207, 76],
  [255, 234, 70],
];

/** The colour at 0…1. */
export function cividis(share: number): readonly [number, number, number] {
  const at = Math.min(1, Math.max(0, share)) * (CIVIDIS.length - 1);
  const below = CIVIDIS[Math.floor(at)] as readonly [number, number, number];
  const above = CIVIDIS[Math.ceil(at)] as readonly [number, number, number];
  const mix = (channel: 0 | 1 | 2) => Math.round(below[channel] + (above[channel] - below[channel]) * (at % 1));
  return [mix(0), mix(1), mix(2)];
}

/** The patient's directions at the edges of an image (PS3.3 C.7.6.2.1.1: +x left, +y posterior, +z head). */

type Cosines = readonly [number, number, number];

export interface EdgeLetters {
  left: string;
  right: string;
  top: string;
  bottom: string;
}

const POSITIVE = ['L', 'P', 'H'] as const;
const NEGATIVE = ['R', 'A', 'F'] as const;
const OPPOSITE: Record<string, string> = { L: 'R', R: 'L', A: 'P', P: 'A', H: 'F', F: 'H' };
/** A direction gets a second letter when it leans more than about 20 degrees. */
const LEAN = 0.35;

export function directionLetters(cosines: Cosines): string {
  return cosines
    .map((cosine, axis) => ({ size: Math.abs(cosine), letter: (cosine > 0 ? POSITIVE : NEGATIVE)[axis] ?? '' }))
    .filter(({ size }) => size > LEAN)
    .sort((a, b) => b.size - a.size)
    .slice(0, 2)
    .map(({ letter }) => letter)
    .join('');
}

export function opposite(letters: string): string {
  return [...letters].map((letter) => OPPOSITE[letter] ?? '').join('');
}

/** `right` is where rows run to, `bottom` where columns run to. */
export function edgeLetters(right: string, bottom: string): EdgeLetters {
  return { right, left: opposite(right), bottom, top: opposite(bottom) };
}

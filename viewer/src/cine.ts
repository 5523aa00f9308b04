/** Plays a stack, only when asked to. */

export interface Cine {
  toggle(): void;
  stop(): void;
  setSpeed(framesPerSecond: number): void;
  isPlaying(): boolean;
}

const USUAL_FPS = 8;
/** Where less motion is asked for, a film that was asked for all the same runs no faster. */
const CALM_FPS = 3;

/** `step` shows the next image and resolves when it is there, so that a slow line slows the film and drops nothing. */
export function createCine(step: () => Promise<void>, onChange: () => void): Cine {
  let speed = USUAL_FPS;
  /** The film that runs now; another number ends it. */
  let run = 0;
  let isOn = false;

  async function play(): Promise<void> {
    const mine = ++run;
    while (mine === run) {
      const isCalm = matchMedia('(prefers-reduced-motion: reduce)').matches;
      const pause = 1000 / (isCalm ? Math.min(speed, CALM_FPS) : speed);
      await Promise.all([step(), new Promise((resolve) => setTimeout(resolve, pause))]);
      if (document.hidden) turn(false);
    }
  }

  function turn(on: boolean): void {
    if (on === isOn) return;
    isOn = on;
    if (on) void play();
    else run++;
    onChange();
  }

  return {
    toggle: () => turn(!isOn),
    stop: () => turn(false),
    setSpeed: (framesPerSecond) => (speed = framesPerSecond),
    isPlaying: () => isOn,
  };
}

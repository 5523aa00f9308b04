/** Full screen, and its stand-in on phones whose browser offers none for a part of a page. */

export interface FullScreen {
  toggle(): void;
  isOn(): boolean;
}

export function createFullScreen(section: HTMLElement, onChange: () => void): FullScreen {
  const isOn = () => document.fullscreenElement === section || section.classList.contains('is-filled');

  function fill(isFilled: boolean): void {
    section.classList.toggle('is-filled', isFilled);
    document.documentElement.classList.toggle('has-filled-viewer', isFilled);
    onChange();
  }

  async function toggle(): Promise<void> {
    if (section.classList.contains('is-filled')) return fill(false);
    if (document.fullscreenElement === section) return document.exitFullscreen();
    try {
      await section.requestFullscreen();
    } catch {
      // Refused or not offered (Safari on iPhone): fill the window instead.
      fill(true);
    }
  }

  document.addEventListener('fullscreenchange', onChange);
  section.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && section.classList.contains('is-filled')) fill(false);
  });
  return { toggle: () => void toggle(), isOn };
}

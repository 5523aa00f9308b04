/** Hands a file to the person, who says where it goes. */

import { element as make } from '../element';

export function save(content: Blob, name: string): void {
  const link = make('a', { href: URL.createObjectURL(content), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** Every file of what was dropped or chosen, one after the other, so that a large folder never waits for its end. */

export interface Found {
  path: string;
  open(): Promise<File>;
}

/** Has to be called within the drop event itself: the browser forgets the items afterwards. */
export function dropped(transfer: DataTransfer): AsyncIterable<Found> {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  return walked(entries);
}

export async function* chosen(files: Iterable<File>): AsyncGenerator<Found> {
  for (const file of files) yield { path: file.webkitRelativePath || file.name, open: () => Promise.resolve(file) };
}

async function* walked(entries: Iterable<FileSystemEntry>): AsyncGenerator<Found> {
  for (const entry of entries) {
    if (entry.isDirectory) yield* inside(entry as FileSystemDirectoryEntry);
    else yield { path: entry.fullPath.slice(1), open: () => opened(entry as FileSystemFileEntry) };
  }
}

async function* inside(folder: FileSystemDirectoryEntry): AsyncGenerator<Found> {
  try {
    yield* walked(await listed(folder));
  } catch {
    yield { path: folder.fullPath.slice(1), open: () => Promise.reject(new Error('unreadable folder')) };
  }
}

function opened(entry: FileSystemFileEntry): Promise<File> {
  return new Promise((resolve, reject) => entry.file(resolve, reject));
}

/** A folder's entries by name; the browser hands them out in batches until one is empty. */
async function listed(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const batch = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (batch.length === 0) return all.sort((a, b) => byName.compare(a.name, b.name));
    all.push(...batch);
  }
}

const byName = new Intl.Collator(undefined, { numeric: true });

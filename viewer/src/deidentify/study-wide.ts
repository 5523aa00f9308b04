/** What one worker learns of a study, the others learn before anything of that study is shown or sent. */

import type { Study } from './board';
import type { Cleaner } from './cleaner';

/** Every worker learns what the others gathered; it goes from worker to worker and nowhere else. */
export async function share({ uid: studyInstanceUID }: Study, cleaners: Cleaner[]): Promise<void> {
  if (cleaners.length < 2) return;
  const gathered = await Promise.all(cleaners.map((cleaner) => cleaner.ask({ ask: 'gathered', studyInstanceUID })));
  await Promise.all(
    cleaners.flatMap((cleaner, own) =>
      gathered.filter((_, other) => other !== own).map((each) => cleaner.ask({ ask: 'learn', studyInstanceUID, gathered: each })),
    ),
  );
}

/** The SOP Instance UIDs, by worker, of files that hold a word which another file of their study tells of. */
export async function telling({ uid: studyInstanceUID }: Study, cleaners: Cleaner[]): Promise<[Cleaner, string[]][]> {
  return Promise.all(
    cleaners.map(async (cleaner): Promise<[Cleaner, string[]]> => [cleaner, await cleaner.ask({ ask: 'toCleanAgain', studyInstanceUID })]),
  );
}

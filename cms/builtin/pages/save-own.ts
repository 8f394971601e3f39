import type { PreferenceOwner } from '../../../src/contracts/preferences.ts';
import { changeRow, createRow } from '../collection.ts';
import type { PreferenceCollection } from '../preferences.ts';
import { Problem } from '../problem.ts';

/** A row that appears or goes while it is being saved is met once or twice, not more. */
const TRIES = 3;

/**
 * Saves a person's own settings: changes their row, or makes it.
 * @throws Problem as the API answers: 400 naming the fields at fault
 */
export async function saveOwn(
  collection: PreferenceCollection,
  owner: PreferenceOwner,
  settings: object,
): Promise<void> {
  const { company_id, bot_id, user_email } = owner;
  for (let tries = 1; ; tries += 1) {
    try {
      const { rows } = await collection.list(owner, { page: 1, pageSize: 1 });
      const own = rows[0]?.documentId;
      if (own) await changeRow(collection, own, { data: settings });
      else {
        const whose = { company: company_id, bot: bot_id, user_email };
        await createRow(collection, { data: { ...settings, ...whose } });
      }
      return;
    } catch (error) {
      const overtaken = error instanceof Problem && [404, 409].includes(error.status);
      if (!overtaken || tries === TRIES) throw error;
    }
  }
}

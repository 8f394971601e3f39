import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { answerJson, type HttpDouble, httpDouble } from '../../test/support/http-double.ts';
import { IMPATIENT, oneFile, STORE_DEFAULTS, storedFile } from '../../test/support/one-file.ts';
import { chromaStore } from './chroma.ts';

/** What a real server cannot be made to do; the rest is tried against one in the flows. */

const file = storedFile('doc');
const collection = { id: '00000000-0000-0000-0000-000000000001', name: 'global' };
let chroma: HttpDouble;
let store: ReturnType<typeof oneFile>;

beforeAll(async () => {
  chroma = await httpDouble(() => {});
  store = storeOf();
});
afterAll(() => chroma.close());

function storeOf(more: Partial<typeof IMPATIENT> = {}) {
  const config = { ...STORE_DEFAULTS, CHROMA_URL: chroma.url, CHROMA_COLLECTION: 'global' };
  return oneFile(chromaStore({ ...config, ...more }));
}
beforeEach(() => {
  chroma.asked.length = 0;
});

/** Opens the collection; its records are the test's. */
function withRecords(records: HttpDouble['answer']): HttpDouble['answer'] {
  return (asked, response) => {
    if (asked.method === 'GET') return answerJson(response, 200, collection);
    records(asked, response);
  };
}

describe('vector store', () => {
  it('never deletes without ids, and nothing when nothing is found', async () => {
    chroma.answer = withRecords((_, response) =>
      answerJson(response, 200, { ids: [], metadatas: [] }),
    );
    expect(await store.remove(file)).toMatchObject({ removed: 0 });
    expect(chroma.asked.map(({ path }) => path.split('/').at(-1))).toEqual(['global', 'get']);
    expect(chroma.asked[1]?.body).toMatchObject({ where: { document_id: { $in: ['doc'] } } });
  });

  it('does not go round for ever when the server keeps what it was told to delete', async () => {
    const ids = Array.from({ length: STORE_DEFAULTS.CHROMA_PAGE_SIZE }, (_, nth) => `chunk ${nth}`);
    const found = { ids, metadatas: ids.map(() => ({ document_id: 'doc' })) };
    chroma.answer = withRecords(({ path }, response) =>
      answerJson(response, 200, path.endsWith('/get') ? found : {}),
    );
    await expect(store.remove(file)).rejects.toMatchObject({ code: 'still there' });
    expect(chroma.asked.filter(({ path }) => path.endsWith('/delete'))).toHaveLength(1);
  });

  it.each([
    [401, true],
    [403, true],
    [404, true],
    [400, false],
    [500, false],
  ])('a status of %i proves nothing; only a person can help: %s', async (status, configuration) => {
    chroma.answer = (_, response) => answerJson(response, status, { message: 'doc' });
    await expect(store.remaining(file)).rejects.toMatchObject({ configuration });
    chroma.answer = withRecords((_, response) => answerJson(response, status, { message: 'doc' }));
    const question = store.remaining(file);
    await expect(question).rejects.toMatchObject({ name: 'StoreError', configuration });
    await expect(question).rejects.not.toThrow(/doc/);
  });

  it('takes garbage for an outage', async () => {
    chroma.answer = (_, response) => response.writeHead(200).end('<html>');
    await expect(store.check()).rejects.toMatchObject({ code: 'unexpected body' });
    chroma.answer = withRecords((_, response) => answerJson(response, 200, { surprise: true }));
    await expect(store.remaining(file)).rejects.toMatchObject({ name: 'StoreError' });
  });

  it('gives up on a server that hangs, at every step', async () => {
    const impatient = storeOf(IMPATIENT);
    chroma.answer = () => {};
    await expect(impatient.check()).rejects.toMatchObject({ timedOut: true });
    chroma.answer = withRecords(() => {});
    await expect(impatient.remaining(file)).rejects.toMatchObject({ timedOut: true });
  });
});
